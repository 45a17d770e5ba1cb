# row: rows.no-body
# expects: review
# targets: aiohttp
import asyncio
import os

import requests

BASE = os.environ["BASE_URL"]


async def main():
    response = requests.post(BASE + "/redirect/303?to=/echo", headers={"Content-Type": "text/csv"})
    print(response.status_code, response.content)


asyncio.run(main())
