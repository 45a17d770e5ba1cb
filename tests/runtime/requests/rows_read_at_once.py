# row: rows.read-at-once
# expects: review
import asyncio
import os

import requests

BASE = os.environ["BASE_URL"]


async def whole(path):
    response = requests.get(f"{BASE}{path}", stream=True)
    if response.status_code == 200:
        print(response.content[:10], len(response.content))


async def at_once(path):
    print(requests.get(f"{BASE}{path}", stream=True).content[:10])


async def main():
    for path in ("/bytes/250", "/status/404", "/stream/3"):
        await whole(path)
        await at_once(path)


asyncio.run(main())
