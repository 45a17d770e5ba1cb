# row: keywords.stream.other
# expects: thread
# targets: aiohttp, niquests
import asyncio
import os

import requests

BASE = os.environ["BASE_URL"]


async def main():
    response = requests.get(BASE + "/echo", stream=True)
    print(response.status_code)


asyncio.run(main())
