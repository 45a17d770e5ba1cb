# row: response.status_code
# expects: safe
# targets: httpx, httpx2, aiohttp, niquests
# review: aiohttp
import asyncio
import os

import requests

BASE = os.environ["BASE_URL"]


async def look(status):
    response = requests.get(f"{BASE}/status/{status}")
    print(
        response.status_code, response.status_code == status, type(response.status_code)
    )


async def main():
    for status in (200, 201, 204, 206, 300, 304, 400, 404, 418, 500, 503, 599, 999):
        await look(status)


asyncio.run(main())
