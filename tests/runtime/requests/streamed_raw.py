# row: streamed.raw
# expects: thread
import asyncio
import os

import requests

BASE = os.environ["BASE_URL"]


async def look():
    with requests.get(f"{BASE}/bytes/100", stream=True) as response:
        print(response.raw.read(10))
        await asyncio.sleep(0)


asyncio.run(look())
