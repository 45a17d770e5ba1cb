# row: response.cookies, response.elapsed, response.is_redirect, response.links
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


async def main():
    await cookies()
    await elapsed()
    await redirect()
    await links()


asyncio.run(main())
