# row: keywords.auth.unsure, keywords.data.optional, keywords.data.shared, keywords.data.unsure, keywords.data.variable, keywords.headers.unsure, keywords.headers.variable
# expects: review
# targets: niquests
import asyncio
import os

import requests

BASE = os.environ["BASE_URL"]

FIELDS = {"a": True, "b": 1}


async def send(headers, data):
    response = requests.post(BASE + "/echo", headers=headers, data=data)
    print(response.content)


async def signed(name, password, token):
    response = requests.get(BASE + "/echo", auth=(name, password), headers={"X-Token": token})
    print(response.content)


async def given(name, number: int | None):
    response = requests.post(BASE + "/echo", data={"name": name})
    print(response.content)
    response = requests.post(BASE + "/echo", data={"a": "b", "number": number})
    print(response.content)


async def used_elsewhere():
    response = requests.post(BASE + "/echo", data=FIELDS)
    print(response.content, FIELDS["a"] is True)


async def main():
    await given("a", None)
    await given([True, "x"], 3)
    await used_elsewhere()
    await send({"X-A": "b", "X-None": None}, {"a": 1, "b": None})
    await send(None, [("a", 1)])
    await signed("user", "secret", "t")
    await signed("user", "secret", None)


asyncio.run(main())
