# row: keywords.data.optional
# expects: thread
import asyncio
import os

import requests

BASE = os.environ["BASE_URL"]


async def look(name: str | None):
    response = requests.post(BASE + "/echo", data={"name": name, "a": 1})
    print(response.json())


async def main():
    await look(None)
    await look("b")


asyncio.run(main())
