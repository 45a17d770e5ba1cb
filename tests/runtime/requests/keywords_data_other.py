# row: keywords.data.other
# expects: thread
# targets: httpx, httpx2, aiohttp
import asyncio
import io
import os

import requests

BASE = os.environ["BASE_URL"]


async def twice():
    response = requests.post(BASE + "/echo", data=[("a", 1), ("b", 2), ("a", 3)])
    print(response.json())


async def file():
    response = requests.post(BASE + "/echo", data=io.BytesIO(b"from a file"))
    print(response.json())


async def pieces():
    response = requests.post(BASE + "/echo", data=(it for it in [b"one", b"two"]))
    print(response.json())


async def with_json():
    response = requests.post(BASE + "/echo", data="", json={"a": 1})
    print(response.json())


async def main():
    await twice()
    await file()
    await pieces()
    await with_json()


asyncio.run(main())
