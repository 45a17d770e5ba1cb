# row: functions.post
# expects: safe
# targets: httpx, httpx2, aiohttp
# review: aiohttp
import asyncio
import os

import requests

BASE = os.environ["BASE_URL"]


async def fields():
    response = requests.post(BASE + "/echo", {"a": "1", "b": "x y"})
    print(response.json())


async def body():
    response = requests.post(BASE + "/echo", None, {"a": [1, None]})
    print(response.json())


async def nothing():
    response = requests.post(BASE + "/echo")
    print(response.json())


async def redirected(status):
    response = requests.post(f"{BASE}/redirect/{status}", data={"a": "1"})
    print(status, response.status_code)
    print(response.content)


async def main():
    await fields()
    await body()
    await nothing()
    for status in (300, 301, 302, 303, 304, 307, 308):
        await redirected(status)


asyncio.run(main())
