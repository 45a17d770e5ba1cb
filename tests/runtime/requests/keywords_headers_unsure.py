# row: keywords.headers.unsure
# expects: review
import asyncio
import os

import requests

BASE = os.environ["BASE_URL"]


async def look(value):
    response = requests.get(BASE + "/echo", headers={"X-A": value})
    print(response.json())


async def main():
    await look("a")


asyncio.run(main())
