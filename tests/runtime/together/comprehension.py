# form: 2
# expects: safe
# names: alder, beech, birch, cedar, hazel, lime, pine
import asyncio

import httpx
from service import NAMES, connect

SHORT = ("ash", "elm", "fir", "oak", "yew")


async def load(client: httpx.AsyncClient, name):
    response = await client.get(f"/{name}")
    return response.json()


async def run(client: httpx.AsyncClient, names):
    return [await load(client, name) for name in names if name not in SHORT]


async def main():
    async with connect() as client:
        print(await run(client, NAMES))


if __name__ == "__main__":
    asyncio.run(main())
