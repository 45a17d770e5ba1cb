# row: keywords.verify.other
# expects: thread
# targets: httpx, httpx2, aiohttp
import asyncio
import os

import requests


async def main():
    response = requests.get(
        os.environ["SECURE_URL"] + "/echo", verify=os.environ["CERTIFICATE"]
    )
    print(response.json())


asyncio.run(main())
