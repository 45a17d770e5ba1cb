# trap: response.raise_for_status
# expects: thread
import asyncio
import os

import requests

BASE = os.environ["BASE_URL"]


async def used():
    response = requests.get(BASE + "/echo")
    print(response.raise_for_status())


asyncio.run(used())
