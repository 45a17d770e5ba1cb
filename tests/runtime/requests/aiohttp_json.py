# row: response.json, response.status_code
# expects: review
# targets: aiohttp
import asyncio
import os

import requests

BASE = os.environ["BASE_URL"]


async def look(path):
    try:
        response = requests.get(BASE + path)
        print(response.status_code, response.json())
    except requests.JSONDecodeError:
        print("no JSON")


async def main():
    for path in ("/echo", "/json/utf-8", "/html"):
        await look(path)


asyncio.run(main())
