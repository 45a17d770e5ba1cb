# row: keywords.timeout.other
# expects: thread
# targets: httpx, httpx2, aiohttp, niquests
import asyncio
import os

import requests

BASE = os.environ["BASE_URL"]


async def main():
    try:
        response = requests.get(BASE + "/echo", timeout=0)
        print(response.status_code)
    except ValueError:
        print("no timeout")


asyncio.run(main())
