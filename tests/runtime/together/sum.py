# form: 8
# expects: safe
import asyncio

import httpx
from service import NAMES, connect


async def size(client: httpx.AsyncClient, name):
    response = await client.get(f"/{name}")
    return response.json()["size"]


async def run(client: httpx.AsyncClient, names):
    total = 0
    for name in names:
        total += await size(client, name)
    return repr(total)


async def main():
    async with connect() as client:
        print(await run(client, NAMES))


if __name__ == "__main__":
    asyncio.run(main())
