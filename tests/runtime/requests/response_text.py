# row: response.text
# expects: review
# targets: httpx, httpx2, niquests
import asyncio
import os

import requests

BASE = os.environ["BASE_URL"]


async def look(path):
    response = requests.get(f"{BASE}{path}")
    print(response.text)


async def main():
    for encoding in ("utf-8", "latin-1", "cp1252"):
        await look(f"/text/{encoding}?type=text/html;charset={encoding}")
    for name in ("object", "empty", "html", "utf-8"):
        await look(f"/json/{name}")


asyncio.run(main())
