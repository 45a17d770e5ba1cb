# form: 9
# expects: safe
# names: ash, oak, yew
import asyncio

import httpx
from service import connect


async def load(client: httpx.AsyncClient, name):
    response = await client.get(f"/{name}")
    return response.json()


async def run(client: httpx.AsyncClient):
    lines = []
    for name in ("ash", "oak", "yew"):
        found = await load(client, name)
        lines.append(found["size"])
    return lines, name, found


async def main():
    async with connect() as client:
        print(await run(client))


if __name__ == "__main__":
    asyncio.run(main())
