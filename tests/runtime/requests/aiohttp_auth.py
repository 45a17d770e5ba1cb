# row: keywords.auth.pair, keywords.auth.class
# expects: thread
# targets: aiohttp
import asyncio
import os

import requests
from requests.auth import HTTPBasicAuth

BASE = os.environ["BASE_URL"]


async def main():
    response = requests.get(BASE + "/echo", auth=("user", "secret"))
    print(response.content)
    response = requests.get(BASE + "/echo", auth=HTTPBasicAuth("user", "secret"))
    print(response.content)


asyncio.run(main())
