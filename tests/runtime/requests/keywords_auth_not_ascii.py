# row: keywords.auth.other
# expects: thread
# targets: httpx, httpx2, aiohttp, niquests
import asyncio
import os

import requests

BASE = os.environ["BASE_URL"]


async def main():
    response = requests.get(BASE + "/echo", auth=("k\u00e4the", "secret"))
    print(response.json())


asyncio.run(main())
