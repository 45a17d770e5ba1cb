# row: keywords.headers.text
# expects: safe
# targets: httpx, httpx2, aiohttp, niquests
# review: aiohttp, niquests
import asyncio
import os

import requests

BASE = os.environ["BASE_URL"]


async def send(value):
    response = requests.get(
        BASE + "/echo",
        headers={"X-Value": "text", "x-other": f"{value}", "Accept": "text/html"},
    )
    print(response.json())


async def typed():
    response = requests.post(
        BASE + "/echo", headers={"Content-Type": "text/xml"}, data="<a/>"
    )
    print(response.json())


async def none():
    response = requests.get(BASE + "/echo", headers=None)
    print(response.json())


async def main():
    await send("value")
    await send(1)
    await typed()
    await none()


asyncio.run(main())
