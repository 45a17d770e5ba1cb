# row: keywords.stream.other
# expects: thread
import asyncio
import os

import requests

BASE = os.environ["BASE_URL"]


async def look(whether):
    response = requests.get(f"{BASE}/bytes/100", stream=whether)
    await asyncio.sleep(0)
    print(response.content[:10])


async def main():
    await look(True)
    await look(False)


asyncio.run(main())
