# row: response.encoding.assigned
# expects: safe
import asyncio
import os

import requests

BASE = os.environ["BASE_URL"]


async def look(encoding):
    response = requests.get(f"{BASE}/text/{encoding}")
    response.encoding = "utf-8"
    print(response.text, response.encoding)


async def look_again(encoding):
    response = requests.get(f"{BASE}/text/{encoding}?type=text/html;charset=utf-8")
    response.encoding = "latin-1"
    if response.ok:
        print(response.text)


async def main():
    for encoding in ("utf-8", "latin-1", "cp1252"):
        await look(encoding)
        await look_again(encoding)


asyncio.run(main())
