# row: keywords.auth.unsure
# expects: review
import asyncio
import os

import requests

BASE = os.environ["BASE_URL"]


async def look(password):
    response = requests.get(BASE + "/basic/user/secret", auth=("user", password))
    print(response.status_code)


async def main():
    await look("secret")
    await look("other")


asyncio.run(main())
