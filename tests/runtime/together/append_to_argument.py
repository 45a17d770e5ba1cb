# form: 1
# expects: manual
# reason: `found` changes what other code can see
import asyncio

import httpx
from service import NAMES, connect


async def size(client: httpx.AsyncClient, name):
    response = await client.get(f"/{name}")
    return response.json()["size"]


async def run(client: httpx.AsyncClient, names, found):
    for name in names:
        found.append(await size(client, name))


async def main():
    found = []
    try:
        async with connect() as client:
            await run(client, NAMES, found)
    finally:
        print(found)


if __name__ == "__main__":
    asyncio.run(main())
