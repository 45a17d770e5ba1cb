# row: functions.patch, functions.put, functions.post, keywords.data.content, keywords.url.text, keywords.allow_redirects.any, response.content
# expects: review
# targets: aiohttp, niquests
import asyncio
import os

import requests

BASE = os.environ["BASE_URL"]


async def main():
    response = requests.put(BASE + "/echo", data={"a": "1"}, allow_redirects=False)
    print(response.content)
    response = requests.patch(BASE + "/echo", data={"a": "1"}, allow_redirects=False)
    print(response.content)
    response = requests.post(BASE + "/echo", data="a,b", headers={"Content-Type": "text/csv"})
    print(response.content)


asyncio.run(main())
