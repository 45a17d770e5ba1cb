# row: response.encoding
# expects: thread
# targets: httpx, httpx2, aiohttp
import asyncio
import os

import requests

BASE = os.environ["BASE_URL"]


async def main():
    response = requests.get(BASE + "/text/latin-1")
    print(response.encoding)
    response.encoding = None
    print(response.text)


asyncio.run(main())
