# row: response.ok
# expects: safe
# targets: httpx, httpx2, niquests
import asyncio
import os

import requests

BASE = os.environ["BASE_URL"]


async def look(status):
    response = requests.get(f"{BASE}/status/{status}")
    if response:
        print("true")
    if not response:
        print("false")
    print(status, response.ok)


async def main():
    for status in (200, 204, 299, 300, 304, 399, 400, 404, 499, 500, 599, 600, 999):
        await look(status)


asyncio.run(main())
