# row: response.raise_for_status
# expects: safe
import asyncio
import os

import requests

BASE = os.environ["BASE_URL"]


async def check(path, follow):
    response = requests.get(f"{BASE}{path}", allow_redirects=follow)
    try:
        response.raise_for_status()
    except requests.HTTPError:
        print("raised", response.status_code)
    else:
        print("fine", response.status_code)


async def check_followed(path):
    response = requests.get(f"{BASE}{path}")
    try:
        response.raise_for_status()
        print("fine", response.status_code)
    except requests.HTTPError:
        print("raised", response.status_code)


async def conditional():
    response = requests.get(BASE + "/etag", headers={"If-None-Match": '"one"'})
    response.raise_for_status()
    print(response.status_code)


async def main():
    await conditional()
    for status in (200, 204, 300, 301, 304, 307, 399, 400, 404, 499, 500, 599, 600, 999):
        await check(f"/status/{status}", False)
    for path in ("/redirect/302", "/redirect/302?to=/status/500", "/hops/2", "/status/200", "/status/500"):
        await check(path, True)
        await check_followed(path)


asyncio.run(main())
