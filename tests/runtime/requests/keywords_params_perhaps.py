# row: keywords.params.perhaps
# expects: review
import asyncio
import os

import requests

BASE = os.environ["BASE_URL"]


async def look(url: str):
    response = requests.get(url, params={"a": "1"})
    print(response.url)


async def main():
    for path in ("/echo", "/echo#part"):
        await look(BASE + path)


asyncio.run(main())
