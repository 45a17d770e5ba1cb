# form: 20
# expects: review
# names: alder, ash
import asyncio

import httpx
from service import connect


async def size(client: httpx.AsyncClient, name):
    response = await client.get(f"/{name}")
    return response.json()["size"]


class Trees:
    alder = ash = None

    async def run(self, client: httpx.AsyncClient):
        self.alder = await size(client, "alder")
        self.ash = await size(client, "ash")


async def main():
    trees = Trees()
    try:
        async with connect() as client:
            await trees.run(client)
    finally:
        print(trees.alder, trees.ash)


if __name__ == "__main__":
    asyncio.run(main())
