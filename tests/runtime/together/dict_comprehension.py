# form: 5
# expects: safe
import asyncio

import httpx
from service import NAMES, connect


async def size(client: httpx.AsyncClient, name):
    response = await client.get(f"/{name}")
    return response.json()["size"]


async def run(client: httpx.AsyncClient, names):
    return {name[:2]: await size(client, name) for name in names}


async def main():
    try:
        async with connect() as client:
            print(await run(client, NAMES))
    except httpx.ConnectError as error:
        print("could not:", error)


if __name__ == "__main__":
    asyncio.run(main())
