# row: response.raw, response.iter_lines
# expects: thread
import asyncio
import os

import requests

BASE = os.environ["BASE_URL"]


async def raw():
    response = requests.get(f"{BASE}/bytes/10")
    print(response.raw.status)


async def lines():
    response = requests.get(f"{BASE}/lines/3")
    print([line for line in response.iter_lines()])


async def main():
    await raw()
    await lines()


asyncio.run(main())
