# row: response.connection
# expects: thread
import asyncio
import os

import requests

BASE = os.environ["BASE_URL"]


async def look():
    response = requests.get(f"{BASE}/bytes/100")
    print(type(response.connection).__name__)


asyncio.run(look())
