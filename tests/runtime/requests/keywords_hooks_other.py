# row: keywords.hooks.other
# expects: thread
# targets: httpx, httpx2, aiohttp, niquests
# reason: the hooks run in the thread
import asyncio
import os

import requests

BASE = os.environ["BASE_URL"]


def hook(response, *args, **kwargs):
    print("hook", response.status_code, response.text, sorted(kwargs))


async def main():
    response = requests.get(BASE + "/redirect/302", hooks={"response": hook})
    print(response.status_code)


asyncio.run(main())
