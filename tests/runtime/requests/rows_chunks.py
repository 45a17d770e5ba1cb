# row: rows.chunks
# expects: review
import asyncio
import os

import requests

BASE = os.environ["BASE_URL"]


async def sizes(path):
    with requests.get(f"{BASE}{path}", stream=True) as response:
        for chunk in response.iter_content(100):
            print(len(chunk))


async def main():
    for path in ("/bytes/250", "/stream/3?size=100", "/compressed/gzip"):
        await sizes(path)


asyncio.run(main())
