# row: keywords.cookies.texts
# expects: safe
import asyncio
import os

import requests

BASE = os.environ["BASE_URL"]


async def look(path, name: str):
    response = requests.get(BASE + path, cookies={"a": "1", "name": name})
    print(response.json())


async def main():
    await look("/cookies", "b")
    await look("/hops/2", "c d")


asyncio.run(main())
