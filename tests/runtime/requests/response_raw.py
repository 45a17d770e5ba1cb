# row: response.raw
# expects: thread
# targets: httpx, httpx2, aiohttp, niquests
import asyncio
import os

import requests

BASE = os.environ["BASE_URL"]


async def main():
    response = requests.get(BASE + "/bytes/10")
    print(response.raw.status)


asyncio.run(main())
