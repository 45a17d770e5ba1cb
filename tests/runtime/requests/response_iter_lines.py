# row: response.iter_lines
# expects: thread
# targets: httpx, httpx2, aiohttp, niquests
import asyncio
import os

import requests

BASE = os.environ["BASE_URL"]


async def main():
    response = requests.get(BASE + "/lines/3")
    print(list(response.iter_lines()))


asyncio.run(main())
