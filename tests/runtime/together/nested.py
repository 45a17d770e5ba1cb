# form: 17
# expects: safe
# not yet: both loops as one
import asyncio

import httpx
from service import NAMES, connect


async def size(client: httpx.AsyncClient, name):
    response = await client.get(f"/{name}")
    return response.json()["size"]


async def run(client: httpx.AsyncClient, names):
    groups = [names[:4], names[4:9], names[9:]]
    found = []
    for group in groups:
        for name in group:
            found.append(await size(client, name))
    return found


async def main():
    async with connect() as client:
        print(await run(client, NAMES))


if __name__ == "__main__":
    asyncio.run(main())
