# form: 20
# expects: review
# names: alder, ash
import asyncio

import httpx
from service import connect


async def warm(client: httpx.AsyncClient, name):
    await client.get(f"/{name}")


async def run(client: httpx.AsyncClient):
    await warm(client, "alder")
    await warm(client, "ash")
    return "warm"


async def main():
    async with connect() as client:
        print(await run(client))


if __name__ == "__main__":
    asyncio.run(main())
