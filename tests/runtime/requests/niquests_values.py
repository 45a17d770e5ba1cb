# row: keywords.data.buffer, keywords.data.dropped, keywords.data.flags, keywords.data.pairs, response.cookies, response.headers, response.raise_for_status, exceptions.HTTPError
# expects: safe
# targets: niquests
import asyncio
import os

import requests

BASE = os.environ["BASE_URL"]


async def written():
    response = requests.post(BASE + "/echo", data={"a": None, "b": 2})
    print(response.content)
    response = requests.post(BASE + "/echo", data={"a": True, "b": "c"})
    print(response.content)
    response = requests.post(BASE + "/echo", data=[("a", "1"), ("b", "2")])
    print(response.content)
    response = requests.post(BASE + "/echo", data=bytearray(b"abc"))
    print(response.content)


async def answered():
    response = requests.get(BASE + "/cookies/set?one=1&two=2")
    print(sorted(response.cookies.items()), response.cookies["one"], dict(response.cookies))
    response = requests.get(BASE + "/echo")
    print(response.headers["content-type"], "x-none" in response.headers)


async def look(status):
    try:
        response = requests.get(f"{BASE}/status/{status}")
        response.raise_for_status()
    except requests.HTTPError:
        print(status, "raises")
    else:
        print(status, "does not")


async def main():
    await written()
    await answered()
    for status in (200, 204, 400, 404, 500, 599):
        await look(status)


asyncio.run(main())
