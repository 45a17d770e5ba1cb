# row: functions.delete, functions.options, functions.request, keywords.method.any, rows.resent, keywords.json.any, keywords.params.plain, keywords.params.perhaps, keywords.params.query, keywords.timeout.none, response.close
# expects: review
# targets: aiohttp
import asyncio
import os

import requests

BASE = os.environ["BASE_URL"]


async def look(url):
    response = requests.get(url, params={"b": "c d", "n": 1})
    print(response.content)


async def main():
    await look(BASE + "/echo?a=1")
    await look(BASE + "/echo")
    response = requests.delete(BASE + "/echo")
    print(response.content)
    response = requests.options(BASE + "/echo?a=1", params={"b": "c d", "n": 1}, timeout=None)
    print(response.content)
    response = requests.request("GET", BASE + "/echo", params={"a": "b"})
    print(response.content)
    response.close()
    response = requests.post(BASE + "/echo", json={"a": [1, None]})
    print(response.content)


asyncio.run(main())
