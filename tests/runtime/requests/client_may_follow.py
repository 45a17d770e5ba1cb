# row: client.may-follow, keywords.allow_redirects.any
# expects: safe
import asyncio
import os

import requests

BASE = os.environ["BASE_URL"]


async def send(number, follow):
    response = requests.get(f"{BASE}/hops/{number}", allow_redirects=follow)
    print(response.status_code)


async def never():
    response = requests.post(BASE + "/hops/2", allow_redirects=False)
    print(response.status_code, response.headers["Location"])


async def main():
    for number in (1, 30):
        for follow in (True, False):
            await send(number, follow)
    await never()


asyncio.run(main())
