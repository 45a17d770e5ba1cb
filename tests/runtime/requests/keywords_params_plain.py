# row: keywords.params.plain
# expects: safe
import asyncio
import os

import requests

BASE = os.environ["BASE_URL"]


async def several():
    response = requests.get(
        BASE + "/echo",
        params={"text": "a b&c=d/e?f", "number": 1, "float": 1.5, "empty": ""},
    )
    print(response.status_code)


async def accents():
    response = requests.get(BASE + "/echo", params={"caf\u00e9": "\u20ac ~*'()"})
    print(response.status_code)


async def many():
    response = requests.get(BASE + "/echo", params={"a": "1", "b": 2})
    print(response.status_code)


async def none():
    response = requests.get(BASE + "/echo", params=None)
    print(response.status_code)


async def redirected():
    response = requests.get(BASE + "/hops/1", params={"a": "1"})
    print(response.status_code)


async def main():
    await several()
    await accents()
    await many()
    await none()
    await redirected()


asyncio.run(main())
