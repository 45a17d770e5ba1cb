# row: keywords.params.helped
# expects: safe
# helpers: http_helpers
import asyncio
import os

import requests

BASE = os.environ["BASE_URL"]


async def look(path, params):
    response = requests.get(BASE + path, params=params)
    print(response.status_code)


async def optional(cursor: str | None = None):
    response = requests.get(BASE + "/echo", params={"cursor": cursor, "all": True})
    print(response.status_code)


async def queried(name):
    response = requests.get(
        url=BASE + "/echo?a=1", params={"b": name, "a": None}, timeout=5
    )
    print(response.status_code)


async def main():
    for path in ("/echo", "/echo?x=1"):
        for params in ({"a": None, "b": True}, {}, None, "a=1", [("a", [1, None])]):
            await look(path, params)
    await optional()
    await optional("abc")
    await queried("c d")


asyncio.run(main())
