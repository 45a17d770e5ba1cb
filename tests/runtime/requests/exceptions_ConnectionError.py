# row: exceptions.ConnectionError
# expects: review
# targets: httpx, httpx2, niquests
import asyncio
import os

import requests

BASE = os.environ["BASE_URL"]

URLS = [
    BASE + "/no-answer",
    BASE + "/no-http",
    "http://127.0.0.1:1/",
    # Too long for a name server to be asked.
    "http://" + "no." * 100 + "invalid/",
    os.environ["SECURE_URL"],
    BASE + "/echo",
]


async def look(url):
    try:
        response = requests.get(url)
        print(response.status_code)
    except requests.ConnectionError:
        print("no connection")


async def main():
    for url in URLS:
        await look(url)


asyncio.run(main())
