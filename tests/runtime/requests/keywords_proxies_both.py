# row: keywords.proxies.both
# expects: safe
import asyncio
import os

import requests

BASE = os.environ["BASE_URL"]


async def main():
    response = requests.get(
        "http://example.test/echo", proxies={"http": BASE, "https": BASE}
    )
    print(response.json())


asyncio.run(main())
