# row: keywords.params.other
# expects: thread
# targets: httpx, httpx2, aiohttp
import asyncio
import os

import requests

BASE = os.environ["BASE_URL"]


async def dropped():
    response = requests.get(BASE + "/echo", params={"a": None, "b": "2"})
    print(response.url)


async def boolean():
    response = requests.get(BASE + "/echo", params={"a": True})
    print(response.url)


async def unknown(params):
    response = requests.get(BASE + "/echo", params=params)
    print(response.url)


async def main():
    await dropped()
    await boolean()
    for params in ({"a": None}, "a=1&b", [("a", [1, 2])], b"a=1", {}):
        await unknown(params)


asyncio.run(main())
