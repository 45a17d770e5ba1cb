# row: keywords.auth.unsure, keywords.data.variable, keywords.headers.unsure, keywords.headers.variable
# expects: review
# targets: niquests
import asyncio
import os

import requests

BASE = os.environ["BASE_URL"]


async def send(headers, data):
    response = requests.post(BASE + "/echo", headers=headers, data=data)
    print(response.content)


async def signed(name, password, token):
    response = requests.get(BASE + "/echo", auth=(name, password), headers={"X-Token": token})
    print(response.content)


async def main():
    await send({"X-A": "b", "X-None": None}, {"a": 1, "b": None})
    await send(None, [("a", 1)])
    await signed("user", "secret", "t")
    await signed("user", "secret", None)


asyncio.run(main())
