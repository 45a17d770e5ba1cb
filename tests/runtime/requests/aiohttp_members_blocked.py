# row: keywords.cookies.other, response.cookies, response.elapsed, response.encoding, response.history, response.is_permanent_redirect, response.is_redirect, response.iter_content, response.iter_lines, response.links, response.next, response.raw, response.request
# expects: thread
# targets: aiohttp
import asyncio
import os

import requests

BASE = os.environ["BASE_URL"]


async def cookies():
    response = requests.get(BASE + "/cookies/set?a=b")
    print(response.cookies.get("a"))


async def elapsed():
    response = requests.get(BASE + "/echo")
    print(response.elapsed.days)


async def redirect():
    response = requests.get(BASE + "/redirect/302", allow_redirects=False)
    print(response.is_redirect)


async def links():
    response = requests.get(BASE + "/echo")
    print(response.links)


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


async def encoding():
    response = requests.get(BASE + "/text/latin-1")
    print(response.encoding)


async def history():
    response = requests.get(BASE + "/hops/2")
    print([(each.status_code, each.url, each.ok) for each in response.history])


async def permanent():
    response = requests.get(BASE + "/redirect/308", allow_redirects=False)
    print(response.is_permanent_redirect)


async def told():
    response = requests.get(BASE + "/cookies", cookies={"a": "1"})
    print(response.content)


async def main():
    await cookies()
    await elapsed()
    await redirect()
    await links()
    await pieces()
    await lines()
    await following()
    await raw()
    await request()
    await encoding()
    await history()
    await permanent()
    await told()


asyncio.run(main())
