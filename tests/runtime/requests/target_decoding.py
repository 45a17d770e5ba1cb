# row: exceptions.JSONDecodeError
# expects: review
# targets: aiohttp
import asyncio
import os

import requests

BASE = os.environ["BASE_URL"]


async def look(path):
    try:
        response = requests.get(BASE + path)
        print(response.json())
    except requests.exceptions.JSONDecodeError:
        print("no JSON")


async def main():
    await look("/echo")
    await look("/html")


asyncio.run(main())
