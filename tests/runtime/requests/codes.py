# row: response.status_code
# expects: safe
import asyncio
import os

import requests
from requests import codes

BASE = os.environ["BASE_URL"]


async def look(url):
    try:
        response = requests.get(url, timeout=5)
        print(response.status_code == requests.codes.ok)
        print(response.status_code in (codes.NOT_FOUND, requests.codes.server_error))
    except requests.RequestException:
        print("failed")


async def main():
    for status in (200, 404, 500, 503):
        await look(f"{BASE}/status/{status}")


asyncio.run(main())
