# row: keywords.json.any
# expects: safe
import asyncio
import os

import requests

BASE = os.environ["BASE_URL"]

VALUES = [
    {"a": 1, "b": [None, True, 1.5]},
    [1, 2],
    "caf\u00e9 \u20ac",
    0,
    False,
    {},
    [],
    None,
]


async def send(value):
    response = requests.post(BASE + "/echo", json=value)
    print(response.json())


async def both():
    response = requests.post(BASE + "/echo", data={"a": "1"}, json={"b": 2})
    print(response.json())


async def typed():
    response = requests.put(
        BASE + "/echo",
        json={"a": 1},
        headers={"Content-Type": "application/vnd.api+json"},
    )
    print(response.json()["headers"])


async def main():
    for value in VALUES:
        await send(value)
    await both()
    await typed()


asyncio.run(main())
