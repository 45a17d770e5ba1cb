# form: 19
# expects: review
import asyncio

import httpx
from service import NAMES, connect


async def warm(client: httpx.AsyncClient, name):
    await client.get(f"/{name}")


async def run(client: httpx.AsyncClient, names):
    for name in names:
        await warm(client, name)
    return "warm"


async def main():
    async with connect() as client:
        print(await run(client, NAMES))


if __name__ == "__main__":
    asyncio.run(main())
