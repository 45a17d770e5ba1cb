# row: rows.redirected-method
# expects: review
# targets: aiohttp
import asyncio
import os

import requests

BASE = os.environ["BASE_URL"]


async def main():
    response = requests.delete(BASE + "/redirect/307?to=/echo", timeout=None)
    print(response.status_code, response.content)


asyncio.run(main())
