# row: response.is_permanent_redirect
# expects: thread
# targets: httpx, httpx2, aiohttp
import asyncio
import os

import requests

BASE = os.environ["BASE_URL"]


async def main():
    response = requests.get(BASE + "/redirect/308", allow_redirects=False)
    print(response.is_permanent_redirect)


asyncio.run(main())
