# row: keywords.url.text
# expects: safe
import asyncio
import os

import requests

BASE = os.environ["BASE_URL"]

PATHS = [
    "/echo",
    "/echo/",
    "/echo/a%20b",
    "/echo/a b",
    "/echo/caf\u00e9",
    "/echo/a;b=1,c",
    "/echo/(a)*!'$@:&=+",
    "/echo#part",
    "/echo?a=1&a=2",
    "/echo?a=b c",
    "/echo?a=caf\u00e9&b=%C3%A9",
    "/echo?a=b+c&d=%2F",
    "/echo?empty=&alone",
    "/echo/../echo/./x",
    "//echo",
]


async def send(path):
    response = requests.get(BASE + path)
    print(response.status_code)


async def with_user():
    response = requests.get(BASE.replace("//", "//user:pass@") + "/basic/user/pass")
    print(response.status_code)


async def main():
    for path in PATHS:
        await send(path)
    await with_user()


asyncio.run(main())
