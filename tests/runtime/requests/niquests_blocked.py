# row: keywords.auth.callable, keywords.auth.variable, response.iter_content, response.iter_lines, response.next, response.raw, response.request
# expects: thread
# targets: niquests
import asyncio
import os

import requests

BASE = os.environ["BASE_URL"]


async def pieces():
    response = requests.get(BASE + "/bytes/100")
    print([len(chunk) for chunk in response.iter_content(30)])


async def lines():
    response = requests.get(BASE + "/lines/3")
    print(list(response.iter_lines()))


async def following():
    response = requests.get(BASE + "/hops/2", allow_redirects=False)
    print(response.next.url)


async def raw():
    response = requests.get(BASE + "/bytes/10")
    print(response.raw.status)


async def request():
    response = requests.post(BASE + "/echo", data={"a": "1"})
    print(response.request.method, response.request.url, response.request.body)


def sign(request):
    request.headers["X-Signed"] = "yes"
    return request


async def signed():
    response = requests.get(BASE + "/echo", auth=sign)
    print(response.content)


async def told(auth):
    response = requests.get(BASE + "/echo", auth=auth)
    print(response.content)


async def main():
    await pieces()
    await lines()
    await following()
    await raw()
    await request()
    await signed()
    await told(("user", "secret"))


asyncio.run(main())
