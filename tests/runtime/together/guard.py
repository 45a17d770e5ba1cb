# form: 16
# expects: safe
# names: alder, beech, birch, cedar, hazel, lime, pine
import asyncio

import httpx
from service import NAMES, connect

SHORT = ("ash", "elm", "fir", "oak", "yew")


async def size(client: httpx.AsyncClient, name):
    response = await client.get(f"/{name}")
    return response.json()["size"]


async def run(client: httpx.AsyncClient, names):
    found = []
    for name in names:
        if name in SHORT:
            continue
        found.append(await size(client, name))
    return found


async def main():
    async with connect() as client:
        print(await run(client, NAMES))


if __name__ == "__main__":
    asyncio.run(main())
