# form: 19
# expects: review
# reason: the order
import asyncio

import httpx
from service import NAMES, connect


async def notify(client: httpx.AsyncClient, name):
    await client.post(f"/{name}")


async def run(client: httpx.AsyncClient, names):
    for name in names:
        await notify(client, name)
    return "told"


async def main():
    try:
        async with connect() as client:
            print(await run(client, NAMES))
    except httpx.ConnectError as error:
        print("could not:", error)


if __name__ == "__main__":
    asyncio.run(main())
