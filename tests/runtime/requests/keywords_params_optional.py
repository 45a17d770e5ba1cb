# row: keywords.params.optional
# expects: thread
import asyncio
import os

import requests

BASE = os.environ["BASE_URL"]


async def look(cursor: str | None = None):
    response = requests.get(BASE + "/echo", params={"cursor": cursor, "limit": 5})
    print(response.url)


async def main():
    await look()
    await look("abc")


asyncio.run(main())
