# trap: response.headers
# expects: thread
# targets: httpx, httpx2, aiohttp
import asyncio
import os

import requests

BASE = os.environ["BASE_URL"]


async def main():
    response = requests.get(BASE + "/response?header=X-One:1")
    print(response.headers)


asyncio.run(main())
