# row: exceptions.ConnectionError
# expects: review
# targets: aiohttp
import asyncio
import os

import requests

BASE = os.environ["BASE_URL"]


async def look(url):
    try:
        response = requests.get(url)
        print(response.status_code)
    except requests.ConnectionError:
        print("no connection")


async def main():
    await look(BASE + "/echo")
    await look("http://127.0.0.1:1/")


asyncio.run(main())
