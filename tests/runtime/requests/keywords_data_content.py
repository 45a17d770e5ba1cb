# row: keywords.data.content
# expects: safe
import asyncio
import os

import requests

BASE = os.environ["BASE_URL"]


async def text():
    response = requests.post(BASE + "/echo", data="a=1&b=caf\u00e9")
    print(response.json())


async def binary():
    response = requests.post(BASE + "/echo", data=b"\x00\xff")
    print(response.json())


async def typed():
    response = requests.patch(
        BASE + "/echo", data="a=1", headers={"Content-Type": "text/plain"}
    )
    print(response.json())


async def redirected(status):
    response = requests.post(f"{BASE}/redirect/{status}", data="text")
    print(response.json())


async def main():
    await text()
    await binary()
    await typed()
    for status in (301, 302, 303, 307, 308):
        await redirected(status)


asyncio.run(main())
