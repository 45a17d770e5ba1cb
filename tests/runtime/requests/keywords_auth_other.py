# row: keywords.auth.other
# expects: thread
# targets: httpx, httpx2, aiohttp, niquests
import asyncio
import os

import requests

BASE = os.environ["BASE_URL"]


class Token(requests.auth.AuthBase):
    def __call__(self, request):
        request.headers["X-Token"] = request.url.rpartition("/")[2]
        return request


async def main():
    response = requests.get(BASE + "/echo", auth=Token())
    print(response.json())


asyncio.run(main())
