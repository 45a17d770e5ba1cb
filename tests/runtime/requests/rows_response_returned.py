# row: rows.response-returned, rows.response-type
# expects: review
import asyncio
import os

import requests

BASE = os.environ["BASE_URL"]


async def fetch(path) -> requests.Response:
    return requests.get(f"{BASE}{path}")


async def _maybe(path):
    if not path:
        return None
    response = requests.get(f"{BASE}{path}")
    if response.ok:
        return response


def parse(response: requests.Response):
    response.raise_for_status()
    return response.json()


class Client:
    async def _get(self, path):
        return requests.get(f"{BASE}{path}")

    async def load(self, path):
        response = await self._get(path)
        return self._read(response)

    def _read(self, response):
        return response.url.removeprefix(BASE), response.ok


async def load(path):
    response = await fetch(path)
    if response:
        return parse(response)
    return response.url.removeprefix(BASE)


async def look(path):
    response = await _maybe(path)
    if response:
        return response.ok
    if not response:
        return response is None


async def main():
    print((await fetch("/json/list")).json())
    for path in ("/json/list", "/status/404"):
        print(await load(path), await look(path), await Client().load(path))
    print(await look(""))


asyncio.run(main())
