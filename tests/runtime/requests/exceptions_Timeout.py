# row: exceptions.Timeout
# expects: review
# targets: httpx, httpx2, aiohttp, niquests
import asyncio
import os

import requests

BASE = os.environ["BASE_URL"]


async def look(path):
    try:
        response = requests.get(f"{BASE}/{path}", timeout=1.5)
        print(response.status_code)
    except requests.exceptions.Timeout:
        print("too late")


async def main():
    await look("echo")
    await look("slow/9000")


asyncio.run(main())
