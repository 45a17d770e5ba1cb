# trap: response.encoding.assigned
# expects: thread
import asyncio
import os

import requests

BASE = os.environ["BASE_URL"]


async def nothing():
    response = requests.get(BASE + "/text/latin-1")
    response.encoding = None
    print(response.text)


async def too_late():
    response = requests.get(BASE + "/text/latin-1")
    print(response.text)
    response.encoding = "utf-8"
    print(response.text)


async def main():
    await nothing()
    await too_late()


asyncio.run(main())
