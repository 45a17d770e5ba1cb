# row: keywords.cookies.variable
# expects: review
import asyncio
import os

import requests

BASE = os.environ["BASE_URL"]


async def look(cookies):
    response = requests.get(BASE + "/cookies", cookies=cookies)
    print(response.json())


async def main():
    await look({"a": "1"})
    await look(requests.cookies.cookiejar_from_dict({"b": "2"}))
    await look(None)


asyncio.run(main())
