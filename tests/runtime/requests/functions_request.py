# row: functions.request, keywords.method.any
# expects: safe
# targets: httpx, httpx2, niquests
# review: niquests
import asyncio
import os

import requests

BASE = os.environ["BASE_URL"]

METHODS = [
    "GET",
    "get",
    "POST",
    "put",
    "Patch",
    "DELETE",
    "OPTIONS",
    "QUERY",
    "PROPFIND",
]


async def send(method):
    response = requests.request(method, BASE + "/echo", data={"a": "1"})
    print(method, response.json())


async def named(method):
    response = requests.request(url=BASE + "/hops/2", method=method)
    print(method, response.status_code)


async def main():
    for method in METHODS:
        await send(method)
    for method in ("GET", "HEAD", "DELETE"):
        await named(method)


asyncio.run(main())
