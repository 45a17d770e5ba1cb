# form: 1
# expects: safe
# names: none
import asyncio

import httpx
from service import connect


async def load(client: httpx.AsyncClient, name):
    response = await client.get(f"/{name}")
    return response.json()


async def run(client: httpx.AsyncClient, names):
    found = []
    for name in names:
        found.append(await load(client, name))
    return found


async def main():
    async with connect() as client:
        print(await run(client, []))


if __name__ == "__main__":
    asyncio.run(main())
