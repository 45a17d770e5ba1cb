# form: 20
# expects: safe
# names: alder, ash, beech
import asyncio

import httpx
from service import connect


async def size(client: httpx.AsyncClient, name):
    response = await client.get(f"/{name}")
    return response.json()["size"]


async def run(client: httpx.AsyncClient):
    return await size(client, "alder"), await size(client, "ash"), await size(client, "beech")


async def main():
    async with connect() as client:
        print(await run(client))


if __name__ == "__main__":
    asyncio.run(main())
