# row: rows.response-returned, rows.response-type, response.encoding
# expects: review
# targets: niquests
import asyncio
import os

import requests

BASE = os.environ["BASE_URL"]


async def load(path) -> requests.Response:
    return requests.get(BASE + path)


async def main():
    response = await load("/text/utf-8?type=text/plain;charset=utf-8")
    print(response.encoding, response.text)


asyncio.run(main())
