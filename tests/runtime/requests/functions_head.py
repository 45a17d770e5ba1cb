# row: functions.head
# expects: safe
# targets: httpx, httpx2, aiohttp, niquests
# review: aiohttp, niquests
import asyncio
import os

import requests

BASE = os.environ["BASE_URL"]


async def alone(path):
    response = requests.head(f"{BASE}/{path}")
    print(response.status_code, response.headers.get("Location"), response.content)


async def told():
    response = requests.head(BASE + "/hops/2", allow_redirects=True)
    print(response.status_code)


async def through_request():
    response = requests.request("HEAD", BASE + "/hops/2")
    print(response.status_code)


async def main():
    for path in ("echo", "hops/2", "redirect/301", "status/404"):
        await alone(path)
    await told()
    await through_request()


asyncio.run(main())
