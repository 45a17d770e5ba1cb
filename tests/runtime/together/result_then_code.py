# form: 9
# expects: safe
import asyncio

import httpx
from service import NAMES, connect


async def load(client: httpx.AsyncClient, name):
    response = await client.get(f"/{name}")
    return response.json()


async def run(client: httpx.AsyncClient, names):
    lines = []
    for name in names:
        found = await load(client, name)
        tags = ", ".join(found["tags"])
        lines.append(f"{name}: {found['size']} ({tags})")
    return lines


async def main():
    async with connect() as client:
        print(await run(client, NAMES))


if __name__ == "__main__":
    asyncio.run(main())
