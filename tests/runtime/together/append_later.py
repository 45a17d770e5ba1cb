# form: 1
# expects: safe
import asyncio

import httpx
from service import NAMES, connect


async def size(client: httpx.AsyncClient, name):
    response = await client.get(f"/{name}")
    return response.json()["size"]


async def run(client: httpx.AsyncClient, names):
    found = ["first"]
    number = len(names)
    for name in names:
        found.append(await size(client, name))
    return number, found


async def main():
    try:
        async with connect() as client:
            print(await run(client, NAMES))
    except httpx.ConnectError as error:
        print("could not:", error)


if __name__ == "__main__":
    asyncio.run(main())
