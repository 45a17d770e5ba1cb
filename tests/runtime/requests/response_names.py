# row: response.ok, response.url, response.json
# expects: review
import asyncio
import os

import requests

BASE = os.environ["BASE_URL"]


async def rebound(path):
    response = requests.get(f"{BASE}{path}")
    print(response.ok, response.url.removeprefix(BASE))
    response = response.json()
    if response:
        print(response)


async def chosen(path):
    response = requests.get(f"{BASE}{path}") if path else requests.get(f"{BASE}/echo")
    print(response.ok)
    one = two = response
    print(one.ok, two.url.removeprefix(BASE))


async def pair(path):
    first, second = requests.get(f"{BASE}{path}"), requests.get(f"{BASE}/status/404")
    print(first.ok, second.ok)


async def last(paths):
    found = None
    for path in paths:
        if found and found.status_code == 404:
            print("never")
        found = requests.get(f"{BASE}{path}")
    print(found.url.removeprefix(BASE))


async def held(path):
    with requests.get(f"{BASE}{path}") as response:
        if response.ok:
            print(response.json())
    print(response.url.removeprefix(BASE))


async def main():
    for path in ("/json/list", "/json/text"):
        await rebound(path)
        await chosen(path)
        await pair(path)
        await held(path)
    await last(["/status/404", "/echo"])


asyncio.run(main())
