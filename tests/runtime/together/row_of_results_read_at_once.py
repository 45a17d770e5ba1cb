# form: 20
# expects: manual
# names: alder, ash
import asyncio

import httpx
from service import connect


async def run(client: httpx.AsyncClient):
    alder = (await client.get("/alder")).json()
    ash = (await client.get("/ash")).json()["tags"]
    return alder, ash


async def main():
    async with connect() as client:
        print(await run(client))


if __name__ == "__main__":
    asyncio.run(main())
