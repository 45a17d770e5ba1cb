# row: keywords.url.escaped
# expects: thread
# targets: httpx, httpx2, aiohttp, niquests
import asyncio
import os

import requests

BASE = os.environ["BASE_URL"]


async def brackets():
    response = requests.get(BASE + "/echo?filter[name]=a|b")
    print(response.url)


async def needless():
    response = requests.get(BASE + "/echo/%7Euser/%c3%a9/100%")
    print(response.url)


async def main():
    await brackets()
    await needless()


asyncio.run(main())
