# form: 20
# expects: safe
# names: alder, ash
import asyncio

import httpx
from service import connect


async def size(client: httpx.AsyncClient, name):
    response = await client.get(f"/{name}")
    return response.json()["size"]


def join(alder, ash):
    return f"{alder} and {ash}"


async def run(client: httpx.AsyncClient):
    return join(await size(client, "alder"), ash=await size(client, "ash"))


async def main():
    async with connect() as client:
        print(await run(client))


if __name__ == "__main__":
    asyncio.run(main())
