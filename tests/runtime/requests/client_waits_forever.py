# row: client.waits-forever
# expects: safe
# targets: httpx, httpx2, aiohttp
# review: aiohttp
import asyncio
import os

import requests

BASE = os.environ["BASE_URL"]


async def main():
    # httpx waits for 5 seconds if not told.
    response = requests.get(BASE + "/slow/5300")
    print(response.json())


asyncio.run(main())
