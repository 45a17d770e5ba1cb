# row: keywords.data.buffer
# expects: safe
import asyncio
import os

import requests

BASE = os.environ["BASE_URL"]


async def main():
    body = bytearray(b"abc")
    body.append(0)
    response = requests.post(BASE + "/echo", data=body)
    print(response.json())


asyncio.run(main())
