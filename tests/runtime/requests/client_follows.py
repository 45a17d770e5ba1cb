# row: client.follows
# expects: safe
import asyncio
import os

import requests

BASE = os.environ["BASE_URL"]


# httpx follows none of itself, and up to 20 if told; requests follows up to 30.
async def send(number):
    response = requests.get(f"{BASE}/hops/{number}")
    print(response.status_code)


async def main():
    for number in (1, 20, 21, 30):
        await send(number)


asyncio.run(main())
