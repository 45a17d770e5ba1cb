# row: keywords.data.dropped
# expects: safe
import asyncio
import os

import requests

BASE = os.environ["BASE_URL"]


async def main():
    response = requests.post(BASE + "/echo", data={"a": None, "b": 2})
    print(response.json())


asyncio.run(main())
