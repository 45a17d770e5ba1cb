# form: 10
# expects: safe
import asyncio

import httpx
from service import NAMES, connect


async def size(client: httpx.AsyncClient, name):
    response = await client.get(f"/{name}")
    return response.json()["size"]


async def run(client: httpx.AsyncClient, names):
    found = []
    for name in names:
        path = name.lower()
        if len(path) > 4:
            path = path.strip()
        found.append(await size(client, path))
    return found


async def main():
    async with connect() as client:
        print(await run(client, NAMES))


if __name__ == "__main__":
    asyncio.run(main())
