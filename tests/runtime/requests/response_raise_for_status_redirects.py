# trap: response.raise_for_status
# expects: thread
import asyncio
import os

import requests

BASE = os.environ["BASE_URL"]


async def stays(status):
    response = requests.get(f"{BASE}/redirect/{status}", allow_redirects=False)
    response.raise_for_status()
    print(response.status_code)


async def conditional():
    response = requests.get(BASE + "/etag", headers={"If-None-Match": '"one"'})
    response.raise_for_status()
    print(response.status_code)


async def used():
    response = requests.get(BASE + "/echo")
    print(response.raise_for_status())


async def main():
    for status in (301, 302, 303, 307, 308):
        await stays(status)
    await conditional()
    await used()


asyncio.run(main())
