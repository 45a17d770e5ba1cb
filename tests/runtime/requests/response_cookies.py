# row: response.cookies
# expects: safe
# targets: httpx, httpx2, niquests
import asyncio
import os

import requests

BASE = os.environ["BASE_URL"]


async def main():
    response = requests.get(BASE + "/cookies/set?one=1&two=2")
    print(response.cookies["one"], response.cookies.get("two"))
    print(response.cookies.get("three"), "one" in response.cookies)


asyncio.run(main())
