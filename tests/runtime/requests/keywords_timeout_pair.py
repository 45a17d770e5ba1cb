# row: keywords.timeout.pair
# expects: safe
# targets: httpx, httpx2, aiohttp, niquests
# review: aiohttp, niquests
import asyncio
import os

import requests

BASE = os.environ["BASE_URL"]


async def send(path):
    try:
        response = requests.get(f"{BASE}/{path}", timeout=(10, 1.5))
        print(response.status_code)
    except requests.RequestException:
        print("too late")


async def patient():
    response = requests.get(BASE + "/slow/1000", timeout=(1.5, None))
    print(response.status_code)


async def main():
    await send("slow/10")
    await send("slow/9000")
    await patient()


asyncio.run(main())
