# row: keywords.data.variable
# expects: review
import asyncio
import os

import requests

BASE = os.environ["BASE_URL"]


async def look(data):
    response = requests.post(BASE + "/echo", data=data)
    print(response.json())


async def main():
    for data in ({"a": "1", "b": 2}, {}, None):
        await look(data)


asyncio.run(main())
