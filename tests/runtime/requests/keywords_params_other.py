# row: keywords.params.other
# expects: thread
# targets: httpx, httpx2, aiohttp
import asyncio
import os

import requests

BASE = os.environ["BASE_URL"]


async def binary():
    response = requests.get(BASE + "/echo", params={"a": b"1"})
    print(response.url)


async def mixed():
    response = requests.get(BASE + "/echo", params=[("a", 1), ("b", 2), ("a", 3)])
    print(response.url)


async def text():
    response = requests.get(BASE + "/echo", params="a=1 2&b")
    print(response.url)


async def main():
    await binary()
    await mixed()
    await text()


asyncio.run(main())
