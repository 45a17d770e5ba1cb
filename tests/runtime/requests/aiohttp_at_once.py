# row: response.json, response.text, response.content
# expects: review
# targets: aiohttp
import asyncio
import os

import requests

BASE = os.environ["BASE_URL"]


async def main():
    print("first")
    request = requests.get(BASE + "/echo", params={"a": "b"}, timeout=(5, 9)).json()["request"]
    text = requests.get(BASE + "/json/utf-8").text.strip()
    requests.head(BASE + "/hops/2")
    print(request, text)
    return requests.get(BASE + "/echo").content


asyncio.run(main())
