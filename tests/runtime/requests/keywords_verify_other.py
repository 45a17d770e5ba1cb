# row: keywords.verify.other
# expects: thread
# targets: httpx, httpx2, aiohttp
import asyncio
import os

import requests

BASE = os.environ["BASE_URL"]


async def look(verify):
    response = requests.get(os.environ["SECURE_URL"] + "/echo", verify=verify)
    print(response.json())


async def main():
    await look(os.environ["CERTIFICATE"])


asyncio.run(main())
