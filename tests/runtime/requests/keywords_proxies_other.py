# row: keywords.proxies.other
# expects: thread
# targets: httpx, httpx2, aiohttp
import asyncio
import os

import requests

BASE = os.environ["BASE_URL"]


async def main():
    response = requests.get("http://example.test/echo", proxies={"http": BASE})
    print(response.json())


asyncio.run(main())
