# form: 3
# expects: safe
import asyncio

import httpx
from service import NAMES, connect


async def size(client: httpx.AsyncClient, name):
    response = await client.get(f"/{name}")
    return response.json()["size"]


async def run(client: httpx.AsyncClient, names):
    return [name for name in names if await size(client, name) > 4]


async def main():
    async with connect() as client:
        print(await run(client, NAMES))


if __name__ == "__main__":
    asyncio.run(main())
