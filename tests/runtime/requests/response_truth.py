# row: response.ok
# expects: safe
import asyncio
import os

import requests

BASE = os.environ["BASE_URL"]


async def tests(path):
    response = requests.get(f"{BASE}{path}")
    if response and response.json():
        print("json")
    print([1 for _ in "ab" if response], bool(response), bool(response) is True, not response)
    print("yes" if not response else "no", 1 if response else 2)
    while response:
        print("once")
        break
    try:
        assert response
    except AssertionError:
        print("not so")


async def may_be_none(path):
    response = None
    if path:
        response = requests.get(f"{BASE}{path}")
    if response:
        print("there")
    elif not response:
        print("error, or nothing", response is None)
    if response and response.ok:
        print("fine")
    if response and response.status_code == 200:
        print("200")
    if response and response.status_code == 404:
        print("never")
    print("down" if not response else "up")


async def main():
    for path in ("/status/200", "/status/299", "/status/404", "/status/500"):
        await tests(path)
        await may_be_none(path)
    await may_be_none("")


asyncio.run(main())
