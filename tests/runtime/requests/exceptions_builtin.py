# row: exceptions.OSError, exceptions.IOError, exceptions.EnvironmentError
# expects: safe
import asyncio
import contextlib
import os

import requests

BASE = os.environ["BASE_URL"]


async def first(url):
    try:
        response = requests.get(url, timeout=1.5)
        response.raise_for_status()
        print(response.json())
    except OSError:
        print("failed")


async def second(url):
    try:
        print(requests.get(url, timeout=1.5).status_code)
    except (KeyError, IOError):
        print("failed")


async def third(url):
    with contextlib.suppress(EnvironmentError):
        print(requests.get(url, timeout=1.5).status_code)
        return
    print("failed")


async def main():
    for path in ("echo", "status/404", "json/broken", "no-answer", "truncated", "slow/9000"):
        for look in (first, second, third):
            await look(f"{BASE}/{path}")
    for look in (first, second, third):
        await look("http://127.0.0.1:1/")
        await look("no-address")


asyncio.run(main())
