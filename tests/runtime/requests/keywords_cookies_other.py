# row: keywords.cookies.other
# expects: thread
# targets: httpx, httpx2, aiohttp
import asyncio
import os

import requests

BASE = os.environ["BASE_URL"]


async def main():
    response = requests.get(BASE + "/cookies", cookies={"a": "1"})
    print(response.json())


asyncio.run(main())
