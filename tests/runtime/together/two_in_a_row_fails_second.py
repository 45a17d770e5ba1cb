# form: 11
# expects: review
# suffix: /details
# not yet: the key of the dict comes from the round
import asyncio

import httpx
from service import NAMES, connect


async def load(client: httpx.AsyncClient, name):
    response = await client.get(f"/{name}")
    return response.json()


async def run(client: httpx.AsyncClient, names):
    found = {}
    for name in names:
        this = await load(client, name)
        found[this["path"]] = await load(client, f"{this['path']}/details")
    return found


async def main():
    try:
        async with connect() as client:
            print(await run(client, NAMES))
    except httpx.ConnectError as error:
        print("could not:", error)


if __name__ == "__main__":
    asyncio.run(main())
