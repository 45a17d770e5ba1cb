# row: keywords.cert.other
# expects: thread
# targets: httpx, httpx2, aiohttp
import asyncio
import os

import requests


async def main():
    try:
        requests.get(os.environ["SECURE_URL"] + "/echo", cert="missing.pem")
    except OSError as error:
        print(error)


asyncio.run(main())
