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


async def accents():
    response = requests.get(BASE + "/echo", headers={"X-Accent": "caf\u00e9"})
    print(response.status_code)


async def blank():
    response = requests.get(BASE + "/echo", headers={"X-Blank": "a "})
    print(response.status_code)


async def main():
    await removed()
    await accents()
    await blank()


asyncio.run(main())
