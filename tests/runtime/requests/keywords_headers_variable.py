# row: keywords.headers.variable
# expects: review
import asyncio
import os

import requests

BASE = os.environ["BASE_URL"]


async def look(headers):
    response = requests.get(BASE + "/echo", headers=headers)
    print(response.json())


async def main():
    await look({"X-A": "a"})
    await look(None)
    await look({})


asyncio.run(main())
