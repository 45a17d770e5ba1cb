# row: keywords.verify.literal
# expects: safe
# targets: aiohttp
# review: aiohttp
import asyncio
import os

import requests

BASE = os.environ["BASE_URL"]


async def main():
    response = requests.get(os.environ["SECURE_URL"] + "/echo", verify=False)
    print(response.status_code)
    try:
        response = requests.get(os.environ["SECURE_URL"] + "/echo", verify=True)
        print(response.status_code)
    except Exception:
        print("not trusted")


asyncio.run(main())
