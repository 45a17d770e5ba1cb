# form: 8
# expects: manual
# reason: other code may hold it
import asyncio

import httpx
from service import NAMES, connect


async def size(client: httpx.AsyncClient, name):
    response = await client.get(f"/{name}")
    return response.json()["size"]


class Total:
    value = 0.0

    async def run(self, client: httpx.AsyncClient, names):
        for name in names:
            self.value += await size(client, name)


async def main():
    total = Total()
    try:
        async with connect() as client:
            await total.run(client, NAMES)
    finally:
        print(repr(total.value))


if __name__ == "__main__":
    asyncio.run(main())
