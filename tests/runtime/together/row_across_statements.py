# form: 20
# expects: manual
# names: alder, ash
import asyncio

import httpx
from service import connect


async def size(client: httpx.AsyncClient, name):
    response = await client.get(f"/{name}")
    return response.json()["size"]


async def run(client: httpx.AsyncClient):
    lines = []
    alder = await size(client, "alder")
    lines.append("between")
    ash = await size(client, "ash")
    return lines, alder, ash


async def main():
    async with connect() as client:
        print(await run(client))


if __name__ == "__main__":
    asyncio.run(main())
