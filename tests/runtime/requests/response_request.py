# row: response.request
# expects: thread
# targets: httpx, httpx2, aiohttp, niquests
import asyncio
import os

import requests

BASE = os.environ["BASE_URL"]


async def main():
    response = requests.post(BASE + "/echo", data={"a": "1"})
    print(response.request.method, response.request.url, response.request.body)


asyncio.run(main())
