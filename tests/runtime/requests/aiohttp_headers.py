# row: response.headers.get, response.headers.[], response.headers.in
# expects: review
# targets: aiohttp
import asyncio
import os

import requests

BASE = os.environ["BASE_URL"]


async def main():
    response = requests.get(BASE + "/echo")
    print(response.headers["content-type"], response.headers.get("X-None", "none"))
    print("Content-Length" in response.headers, "x-none" in response.headers)


asyncio.run(main())
