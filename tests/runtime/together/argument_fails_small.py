# form: 2
# expects: safe
# names: alder
# ends: AttributeError: 'NoneType' object has no attribute 'lower'
import asyncio

import httpx
from service import connect


async def size(client: httpx.AsyncClient, name):
    response = await client.get(f"/{name}")
    return response.json()["size"]


async def run(client: httpx.AsyncClient, last=None):
    return [await size(client, name.lower()) for name in ("alder", "ash", last, "beech")]


async def main():
    async with connect() as client:
        print(await run(client))


if __name__ == "__main__":
    asyncio.run(main())
