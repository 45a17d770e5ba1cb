# row: keywords.files.other
# expects: thread
# targets: httpx, httpx2, aiohttp
import asyncio
import os

import requests

BASE = os.environ["BASE_URL"]


async def main():
    response = requests.post(
        BASE + "/echo", files={"file": b"bytes", "named": ("a.txt", "text")}
    )
    print(response.json())


asyncio.run(main())
