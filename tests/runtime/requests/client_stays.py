# row: client.stays
# expects: safe
import asyncio
import os

import requests

BASE = os.environ["BASE_URL"]


async def main():
    first = requests.get(BASE + "/hops/2")
    second = requests.head(BASE + "/hops/2")
    third = requests.head(BASE + "/hops/2", allow_redirects=True)
    print(first.status_code, second.status_code, third.status_code)


asyncio.run(main())
