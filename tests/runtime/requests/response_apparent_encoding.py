# row: response.apparent_encoding
# expects: thread
# targets: httpx, httpx2, aiohttp, niquests
import asyncio
import os

import requests

BASE = os.environ["BASE_URL"]


async def main():
    response = requests.get(BASE + "/text/utf-8")
    print(response.apparent_encoding)


asyncio.run(main())
