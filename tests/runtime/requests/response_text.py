# row: response.text
# expects: review
# targets: httpx, httpx2, niquests
import asyncio
import os

import requests

BASE = os.environ["BASE_URL"]


async def look(path):
    response = requests.get(f"{BASE}/{path}")
    print(response.text)


async def main():
    await look("text/utf-8?type=text/plain;charset=utf-8")
    await look("text/latin-1?type=text/html; charset=ISO-8859-1")
    await look("json/utf-8")
    await look("lines/3")
    await look("status/204")


asyncio.run(main())
