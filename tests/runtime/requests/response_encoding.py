# row: response.encoding
# expects: review
import asyncio
import os

import requests

BASE = os.environ["BASE_URL"]


async def look(kind):
    response = requests.get(f"{BASE}/text/latin-1?type={kind}")
    print(response.encoding)


async def main():
    await look("text/plain;charset=latin-1")
    await look("application/json")


asyncio.run(main())
