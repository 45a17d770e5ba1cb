# row: keywords.params.variable
# expects: review
import asyncio
import os

import requests

BASE = os.environ["BASE_URL"]


async def look(params):
    response = requests.get(BASE + "/echo", params=params)
    print(response.url)


async def main():
    for params in ({"a": "1", "b": [1, 2]}, {}, None, [("a", 1), ("a", 2)]):
        await look(params)


asyncio.run(main())
