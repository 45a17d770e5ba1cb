# row: response.next
# expects: thread
# targets: httpx, httpx2, aiohttp, niquests
import asyncio
import os

import requests

BASE = os.environ["BASE_URL"]


async def main():
    response = requests.get(BASE + "/hops/2", allow_redirects=False)
    print(response.next.url)


asyncio.run(main())
