# form: 7
# expects: review
import asyncio

import httpx
from service import NAMES, connect


async def size(client: httpx.AsyncClient, name):
    response = await client.get(f"/{name}")
    return response.json()["size"]


class Sizes:
    def __init__(self):
        self.found = {}

    async def run(self, client: httpx.AsyncClient, names):
        for name in names:
            self.found[name] = await size(client, name)


async def main():
    sizes = Sizes()
    try:
        async with connect() as client:
            await sizes.run(client, NAMES)
    finally:
        print(sizes.found)


if __name__ == "__main__":
    asyncio.run(main())
