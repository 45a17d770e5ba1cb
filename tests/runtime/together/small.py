# form: 22
# expects: safe
# names: alder, ash, beech
import asyncio

import httpx
from service import connect


async def load(client: httpx.AsyncClient, name):
    response = await client.get(f"/{name}")
    return response.json()


async def run(client: httpx.AsyncClient):
    found = []
    for name in ("alder", "ash", "beech"):
        found.append(await load(client, name))
    return found


async def main():
    async with connect() as client:
        print(await run(client))


if __name__ == "__main__":
    asyncio.run(main())
