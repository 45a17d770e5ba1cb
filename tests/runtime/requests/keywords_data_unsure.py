# row: keywords.data.unsure
# expects: review
import asyncio
import os

import requests

BASE = os.environ["BASE_URL"]


async def look(value):
    response = requests.post(BASE + "/echo", data={"a": value})
    print(response.json())


async def main():
    for value in ("a b", 1, ["x", "y"]):
        await look(value)


asyncio.run(main())
