# row: response.elapsed
# expects: safe
# targets: httpx, httpx2, niquests
import asyncio
import os

import requests

BASE = os.environ["BASE_URL"]


async def main():
    response = requests.get(BASE + "/slow/300")
    print(type(response.elapsed), 0.2 < response.elapsed.total_seconds() < 20)


asyncio.run(main())
