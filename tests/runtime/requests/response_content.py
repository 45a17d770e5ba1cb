# row: response.content
# expects: safe
# targets: httpx, httpx2, aiohttp, niquests
# review: aiohttp
import asyncio
import os

import requests

BASE = os.environ["BASE_URL"]

PATHS = [
    "bytes/100",
    "bytes/0",
    "stream/5",
    "close",
    "status/204",
    "compressed/gzip",
    "compressed/deflate",
    "text/latin-1",
    "text/utf-16",
]


async def look(path):
    response = requests.get(f"{BASE}/{path}")
    print(path, response.content)


async def main():
    for path in PATHS:
        await look(path)


asyncio.run(main())
