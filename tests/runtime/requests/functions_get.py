# row: functions.get
# expects: safe
# targets: httpx, httpx2, aiohttp, niquests
# review: aiohttp, niquests
import asyncio
import os

import requests

BASE = os.environ["BASE_URL"]


async def plain():
    response = requests.get(BASE + "/echo")
    print(response.status_code, response.json())


async def with_params():
    response = requests.get(BASE + "/echo", {"b": "2", "a": 1})
    print(response.json())


async def through_api(path):
    response = requests.api.get(url=f"{BASE}/{path}", params={"q": "a b"})
    print(response.json())


async def redirected(status):
    response = requests.get(f"{BASE}/hops/3?status={status}")
    print(response.status_code, response.json())


async def main():
    await plain()
    await with_params()
    await through_api("echo")
    for status in (301, 302, 303, 307, 308):
        await redirected(status)


asyncio.run(main())
