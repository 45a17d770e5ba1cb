# row: keywords.data.content
# expects: safe
import asyncio
import json
import os

import requests

BASE = os.environ["BASE_URL"]


async def dumped(value):
    response = requests.post(
        BASE + "/echo",
        data=json.dumps({"value": value}),
        headers={"Content-Type": "application/json"},
    )
    print(response.json())


async def encoded(text: str):
    response = requests.post(BASE + "/echo", data=text.encode("utf-16"))
    print(response.json())


async def built(name: str):
    body = "<a>"
    body += name
    response = requests.put(BASE + "/echo", data=body)
    print(response.json())


async def either(text: str | None):
    response = requests.put(BASE + "/echo", data=text)
    print(response.json())


async def main():
    await dumped([1, "\u20ac", None])
    await encoded("a")
    await built("b")
    await either(None)
    await either("")
    await either("c")


asyncio.run(main())
