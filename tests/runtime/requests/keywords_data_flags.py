# row: keywords.data.flags
# expects: safe
import asyncio
import os

import requests

BASE = os.environ["BASE_URL"]


async def main():
    response = requests.post(BASE + "/echo", data={"a": True, "b": 1 > 2, "c": "d"})
    print(response.json())


asyncio.run(main())
