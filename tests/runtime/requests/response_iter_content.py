# row: response.iter_content
# expects: safe
import asyncio
import os

import requests

BASE = os.environ["BASE_URL"]


async def main():
    response = requests.get(BASE + "/bytes/100")
    print([len(chunk) for chunk in response.iter_content(30)])


asyncio.run(main())
