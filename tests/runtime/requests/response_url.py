# row: response.url
# expects: review
# targets: httpx, httpx2, niquests
import asyncio
import os

import requests

BASE = os.environ["BASE_URL"]


async def look(path):
    response = requests.get(BASE + path)
    print(
        response.url,
        response.url == BASE + path,
        response.url + "x",
        "echo" in response.url,
    )
    print(response.url.rpartition("/"), f"{response.url}", [response.url])


async def main():
    for path in (
        "/echo",
        "/echo/a b?q=caf\u00e9#part",
        "/hops/2",
        "/redirect/302?to=/echo%23x",
    ):
        await look(path)


asyncio.run(main())
