# row: rows.response-printed
# expects: review
import asyncio
import os

import requests

BASE = os.environ["BASE_URL"]


async def look():
    response = requests.get(f"{BASE}/status/204")
    print(str(response)[:14], f"{response}"[:14], repr(response)[:14])


asyncio.run(look())
