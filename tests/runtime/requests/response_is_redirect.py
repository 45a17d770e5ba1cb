# row: response.is_redirect
# expects: safe
# targets: httpx, httpx2, niquests
import asyncio
import os

import requests

BASE = os.environ["BASE_URL"]


async def look(path):
    response = requests.get(f"{BASE}/{path}", allow_redirects=False)
    print(path, response.is_redirect)


async def main():
    for status in (300, 301, 302, 303, 304, 307, 308):
        await look(f"redirect/{status}")
        await look(f"status/{status}")
    await look("echo")
    await look("response?header=Location:/echo")


asyncio.run(main())
