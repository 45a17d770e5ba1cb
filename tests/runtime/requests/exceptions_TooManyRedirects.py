# row: exceptions.TooManyRedirects
# expects: safe
# targets: httpx, httpx2, aiohttp, niquests
# review: aiohttp
import asyncio
import os

import requests

BASE = os.environ["BASE_URL"]


async def look(path):
    try:
        response = requests.get(f"{BASE}/{path}")
        print(response.status_code)
    except requests.TooManyRedirects:
        print("too many")


async def main():
    for path in ("loop", "hops/30", "hops/31"):
        await look(path)


asyncio.run(main())
