# form: 20
# expects: manual
# names: alder, ash
import asyncio

import httpx
from service import connect


async def size(client: httpx.AsyncClient, name):
    response = await client.get(f"/{name}")
    return response.json()["size"]


async def run(client: httpx.AsyncClient, deep=True):
    alder = await size(client, "alder")
    ash = await size(client, "ash") if deep else 0
    beech = await size(client, "beech") if not deep else 0
    return alder, ash, beech


async def main():
    async with connect() as client:
        print(await run(client))


if __name__ == "__main__":
    asyncio.run(main())
