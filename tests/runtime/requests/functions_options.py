# row: functions.options
# expects: safe
# targets: httpx, httpx2, niquests
# review: niquests
import asyncio
import os

import requests

BASE = os.environ["BASE_URL"]


async def main():
    response = requests.options(BASE + "/hops/2")
    print(response.status_code, response.json())


asyncio.run(main())
