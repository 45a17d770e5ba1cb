# row: keywords.proxies.unsure
# expects: review
import asyncio
import os

import requests

BASE = os.environ["BASE_URL"]


async def look(proxy):
    response = requests.get(
        "http://example.test/echo", proxies={"http": proxy, "https": proxy}
    )
    print(response.json())


async def main():
    await look(BASE)


asyncio.run(main())
