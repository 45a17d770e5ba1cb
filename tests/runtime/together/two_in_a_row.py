# form: 11
# expects: safe
import asyncio

import httpx
from service import NAMES, connect


async def load(client: httpx.AsyncClient, name):
    response = await client.get(f"/{name}")
    return response.json()


async def run(client: httpx.AsyncClient, names):
    found = []
    for name in names:
        this = await load(client, name)
        other = await load(client, f"{name}/{this['next']}")
        found.append((name, other["path"]))
    return found


async def main():
    async with connect() as client:
        print(await run(client, NAMES))


if __name__ == "__main__":
    asyncio.run(main())
