# row: response.history
# expects: thread
# targets: httpx, httpx2, aiohttp
import asyncio
import os

import requests

BASE = os.environ["BASE_URL"]


async def main():
    response = requests.get(BASE + "/hops/2")
    print([(each.status_code, each.url, each.ok) for each in response.history])


asyncio.run(main())
