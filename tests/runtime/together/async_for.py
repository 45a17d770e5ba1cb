# form: 18
# expects: review
# not yet: such rounds
import asyncio

import httpx
from service import NAMES, connect


async def size(client: httpx.AsyncClient, name):
    response = await client.get(f"/{name}")
    return response.json()["size"]


async def source(names):
    for name in names:
        yield name


async def run(client: httpx.AsyncClient, names):
    found = []
    async for name in source(names):
        found.append(await size(client, name))
    return found


async def main():
    async with connect() as client:
        print(await run(client, NAMES))


if __name__ == "__main__":
    asyncio.run(main())
