# row: response.next, response.next.url
# expects: review
import asyncio
import os

import requests

BASE = os.environ["BASE_URL"]


async def main():
    response = requests.get(BASE + "/hops/2", allow_redirects=False)
    print(response.next.url.removeprefix(BASE))


asyncio.run(main())
