# form: 20
# expects: review
# names: alder
# known: 1 tasks are left
# ends: AttributeError: 'NoneType' object has no attribute 'lower'
import asyncio

import httpx
from service import connect


async def size(client: httpx.AsyncClient, name):
    response = await client.get(f"/{name}")
    return response.json()["size"]


async def run(client: httpx.AsyncClient, last=None):
    alder = await size(client, "alder")
    ash = await size(client, last.lower())
    return alder, ash


async def main():
    async with connect() as client:
        print(await run(client))


if __name__ == "__main__":
    asyncio.run(main())
