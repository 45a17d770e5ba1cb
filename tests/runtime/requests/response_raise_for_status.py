# row: response.raise_for_status, exceptions.HTTPError
# expects: safe
# targets: httpx, httpx2, niquests
import asyncio
import os

import requests

BASE = os.environ["BASE_URL"]


async def look(status):
    try:
        response = requests.get(f"{BASE}/status/{status}")
        response.raise_for_status()
    except requests.HTTPError:
        print(status, "raises")
    else:
        print(status, "does not")


async def through_exceptions():
    try:
        requests.post(BASE + "/redirect/303?to=/status/404").raise_for_status()
    except requests.exceptions.HTTPError:
        print("raises")


async def main():
    for status in (200, 201, 204, 299, 400, 401, 404, 499, 500, 503, 599):
        await look(status)
    await through_exceptions()


asyncio.run(main())
