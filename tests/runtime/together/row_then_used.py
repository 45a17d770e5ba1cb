# form: 21
# expects: safe
# names: alder, ash
import asyncio

import httpx
from service import connect


async def size(client: httpx.AsyncClient, name):
    response = await client.get(f"/{name}")
    return response.json()["size"]


async def load(client: httpx.AsyncClient, name):
    response = await client.get(f"/{name}")
    return response.json()


async def run(client: httpx.AsyncClient):
    alder = await size(client, "alder")
    ash = await load(client, "ash")
    cedar = await load(client, f"{ash['next']}/{alder}")
    return alder, ash, cedar


async def main():
    async with connect() as client:
        print(await run(client))


if __name__ == "__main__":
    asyncio.run(main())
