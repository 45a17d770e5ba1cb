# row: rows.response-returned
# expects: review
import asyncio

from api import Api, fetch


async def load(path):
    response = await fetch(path)
    if response:
        return response.json()
    return read(response)


def read(response):
    return response.reason, response.ok


async def names(path):
    found = await Api().get(path)
    if not found:
        return found is None
    return found.json(), found.headers["Content-Type"]


async def main():
    for path in ("/json/list", "/status/404", "/status/500"):
        print(await load(path), await names(path))
    print((await fetch("/echo")).url[-5:])


asyncio.run(main())
