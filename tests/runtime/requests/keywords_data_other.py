# row: keywords.data.other
# expects: thread
# targets: httpx, httpx2, aiohttp
import asyncio
import io
import os

import requests

BASE = os.environ["BASE_URL"]


async def unknown(data):
    response = requests.post(BASE + "/echo", data=data)
    print(response.json())


async def dropped():
    response = requests.post(BASE + "/echo", data={"a": None, "b": True})
    print(response.json())


async def main():
    pieces = (piece for piece in [b"one", b"two"])
    for data in ([("a", 1), ("b", 2), ("a", 3)], "text", b"bytes", {"a": None}, pieces):
        await unknown(data)
    await unknown(io.BytesIO(b"from a file"))
    await dropped()


asyncio.run(main())
