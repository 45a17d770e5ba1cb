# form: 15
# expects: safe
import asyncio

import httpx
from service import NAMES, connect


async def tags(client: httpx.AsyncClient, name):
    response = await client.get(f"/{name}")
    return response.json()["tags"]


async def run(client: httpx.AsyncClient, names):
    found = []
    for name in names:
        found.extend(await tags(client, name))
    return found


async def main():
    async with connect() as client:
        print(await run(client, NAMES))


if __name__ == "__main__":
    asyncio.run(main())
