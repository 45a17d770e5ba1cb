# row: response.reason
# expects: safe
# targets: httpx, httpx2, aiohttp
# review: aiohttp
import asyncio
import os

import requests

BASE = os.environ["BASE_URL"]


async def look(status):
    response = requests.get(f"{BASE}/status/{status}")
    print(response.reason)


async def own(reason):
    response = requests.get(BASE + "/response", params={"reason": f"{reason}"})
    print(repr(response.reason))


async def main():
    for status in (200, 204, 404, 418, 503, 599):
        await look(status)
    await own("Quite Well")
    await own("")


asyncio.run(main())
