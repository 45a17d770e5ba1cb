# row: keywords.timeout.seconds, exceptions.ReadTimeout
# expects: review
# targets: httpx, httpx2, aiohttp, niquests
import asyncio
import os

import requests

BASE = os.environ["BASE_URL"]


async def send(path):
    try:
        response = requests.get(f"{BASE}/{path}", timeout=1.5)
        print(response.status_code)
    except requests.ReadTimeout:
        print("too late")


async def none():
    response = requests.get(BASE + "/slow/100", timeout=None)
    print(response.status_code)


async def named(seconds):
    response = requests.get(BASE + "/slow/100", timeout=seconds)
    print(response.status_code)


async def main():
    await send("slow/10")
    await send("slow/9000")
    # More than that in all, but never as long between two parts of the body.
    await send("drip/45")
    await none()
    await named(20)


asyncio.run(main())
