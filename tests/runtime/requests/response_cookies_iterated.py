# row: response.cookies.iter
# expects: safe
import asyncio
import os

import requests

BASE = os.environ["BASE_URL"]


async def main():
    response = requests.get(BASE + "/cookies/set?one=1&two=2")
    for each in response.cookies:
        print(each.name, each.value)


asyncio.run(main())
