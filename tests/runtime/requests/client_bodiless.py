# row: client.bodiless
# expects: safe
import asyncio
import os

import requests

BASE = os.environ["BASE_URL"]


async def get():
    response = requests.get(BASE + "/echo", json={"a": 1})
    print(response.json())


async def delete():
    response = requests.delete(BASE + "/echo", data={"a": "1"})
    print(response.json())


async def options():
    response = requests.options(BASE + "/echo", data=b"bytes")
    print(response.json())


async def head():
    response = requests.head(BASE + "/redirect/302", json=[1])
    print(response.status_code)


async def main():
    await get()
    await delete()
    await options()
    await head()


asyncio.run(main())
