# row: keywords.stream.off, keywords.files.off, keywords.cookies.off, keywords.proxies.off, keywords.cert.off, keywords.hooks.off
# expects: safe
# targets: httpx, httpx2, aiohttp
# review: aiohttp
import asyncio
import os

import requests

BASE = os.environ["BASE_URL"]


async def main():
    response = requests.post(
        BASE + "/echo",
        stream=False,
        files=None,
        cookies=None,
        proxies=None,
        cert=None,
        hooks=None,
    )
    print(response.status_code, response.json())


asyncio.run(main())
