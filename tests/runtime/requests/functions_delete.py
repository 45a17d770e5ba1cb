# row: functions.delete
# expects: safe
# targets: httpx, httpx2, niquests
# review: niquests
import asyncio
import os

import requests

BASE = os.environ["BASE_URL"]


async def plain():
    response = requests.delete(BASE + "/echo")
    print(response.json())


async def redirected(status):
    response = requests.delete(f"{BASE}/redirect/{status}")
    print(status, response.status_code)
    print(response.content)


async def main():
    await plain()
    for status in (301, 302, 303, 307, 308):
        await redirected(status)


asyncio.run(main())
