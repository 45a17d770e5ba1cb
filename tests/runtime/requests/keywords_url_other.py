# row: keywords.url.other
# expects: thread
# targets: httpx, httpx2, aiohttp, niquests
import asyncio
import os

import requests
from yarl import URL

BASE = os.environ["BASE_URL"]


async def built():
    response = requests.get(URL(BASE + "/echo"))
    print(response.status_code, response.url)


async def handed(url: URL):
    response = requests.get(url)
    print(response.status_code, response.url)


async def main():
    await built()
    await handed(URL(BASE) / "echo" % {"a": "1"})


asyncio.run(main())
