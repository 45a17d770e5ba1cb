# row: response.request.body
# expects: review
import asyncio
import os

import requests

BASE = os.environ["BASE_URL"]


async def look():
    response = requests.post(f"{BASE}/echo", data=b"some bytes")
    print(response.request.body)
    response = requests.get(f"{BASE}/echo")
    print(response.request.body or "none")


asyncio.run(look())
