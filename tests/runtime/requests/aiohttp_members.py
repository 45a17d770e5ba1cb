# row: response.text, response.raise_for_status, response.ok, response.headers, response.reason, response.content, response.url
# expects: review
# targets: aiohttp
import asyncio
import os

import requests

BASE = os.environ["BASE_URL"]


async def look(path):
    response = requests.get(BASE + path)
    print(response.ok, response.reason, response.url, len(response.content))
    print(response.headers["Content-Type"], "content-type" in response.headers)
    if response:
        print(response.text)
    try:
        answer = requests.get(BASE + path, timeout=9)
        answer.raise_for_status()
    except requests.HTTPError:
        print("an error")


async def main():
    for path in ("/echo", "/status/404", "/status/503", "/status/399"):
        await look(path)


asyncio.run(main())
