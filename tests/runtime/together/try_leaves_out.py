# form: 13
# expects: review
# handles: its errors
# not yet: it answers its errors in order, whatever is asked for
import asyncio

import httpx
from service import NAMES, connect


async def size(client: httpx.AsyncClient, name):
    response = await client.get(f"/{name}")
    return response.json()["size"]


async def run(client: httpx.AsyncClient, names):
    found = {}
    for name in names:
        try:
            found[name] = await size(client, name)
        except httpx.HTTPError:
            continue
    return found


async def main():
    async with connect() as client:
        print(await run(client, NAMES))


if __name__ == "__main__":
    asyncio.run(main())
