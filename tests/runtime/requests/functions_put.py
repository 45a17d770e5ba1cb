# row: functions.put
# expects: safe
import asyncio
import os

import requests

BASE = os.environ["BASE_URL"]


async def fields():
    response = requests.put(BASE + "/echo", {"a": "1", "b": "x y"})
    print(response.json())


async def body():
    response = requests.put(BASE + "/echo", json={"a": [1, None]})
    print(response.json())


async def redirected(status):
    response = requests.put(f"{BASE}/redirect/{status}", data={"a": "1"})
    print(status, response.status_code)
    print(response.content)


async def main():
    await fields()
    await body()
    # 301 is left out: httpx sends the body again, and requests does not.
    for status in (300, 302, 303, 304, 307, 308):
        await redirected(status)


asyncio.run(main())
