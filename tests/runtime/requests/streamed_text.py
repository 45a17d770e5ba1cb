# row: streamed.text
# expects: review
import asyncio
import os

import requests

BASE = os.environ["BASE_URL"]


async def look(path):
    with requests.get(f"{BASE}{path}", stream=True) as response:
        print(response.status_code)
        print(response.text)
        if response.ok:
            print(response.text.upper())


async def main():
    for encoding in ("utf-8", "latin-1"):
        await look(f"/text/{encoding}?type=text/html;charset={encoding}")


asyncio.run(main())
