# row: keywords.headers.other
# expects: thread
# targets: httpx, httpx2, aiohttp
import asyncio
import os

import requests

BASE = os.environ["BASE_URL"]


async def removed():
    response = requests.get(BASE + "/echo", headers={"X-None": None, "X-Text": "a"})
    print(response.json())


async def unknown(headers):
    response = requests.get(BASE + "/echo", headers=headers)
    print(response.json())


async def accents():
    response = requests.get(BASE + "/echo", headers={"X-Accent": "caf\u00e9"})
    print(response.status_code)


async def main():
    await removed()
    await unknown({"X-None": None})
    await accents()


asyncio.run(main())
