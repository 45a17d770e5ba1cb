# row: keywords.params.unsure
# expects: review
import asyncio
import os

import requests

BASE = os.environ["BASE_URL"]


async def main():
    for value in ("a b", 1, 1.5, ["x", "y"], ""):
        await look(value)


async def look(value):
    response = requests.get(BASE + "/echo", params={"a": value, "b": "2"})
    print(response.url)


asyncio.run(main())
