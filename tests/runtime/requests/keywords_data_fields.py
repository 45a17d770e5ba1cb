# row: keywords.data.fields
# expects: safe
# targets: httpx, httpx2, aiohttp, niquests
# review: aiohttp
import asyncio
import os

import requests

BASE = os.environ["BASE_URL"]


async def send(value):
    response = requests.post(
        BASE + "/echo",
        data={
            "text": "a b&c=d",
            "number": 1,
            "float": 1.5,
            "empty": "",
            "value": f"{value}",
        },
    )
    print(response.json())


async def accents():
    response = requests.post(BASE + "/echo", data={"caf\u00e9": "\u20ac ~*'()/"})
    print(response.json())


async def many():
    response = requests.put(BASE + "/echo", data={"a": "1", "b": 2})
    print(response.json())


async def empty():
    response = requests.post(BASE + "/echo", data={})
    print(response.json())


async def none():
    response = requests.post(BASE + "/echo", data=None)
    print(response.json())


async def main():
    await send("value")
    await accents()
    await many()
    await empty()
    await none()


asyncio.run(main())
