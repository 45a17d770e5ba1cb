# row: keywords.auth.pair
# expects: safe
# targets: httpx, httpx2, niquests
# review: niquests
import asyncio
import os

import requests

BASE = os.environ["BASE_URL"]


async def send(path):
    response = requests.get(f"{BASE}/{path}", auth=("user", "pass:word"))
    print(response.status_code)


async def elsewhere():
    response = requests.get(
        BASE + "/redirect/302",
        params={"to": os.environ["OTHER_HOST_URL"] + "/echo"},
        auth=("user", "secret"),
    )
    print(response.json())


async def main():
    await send("basic/user/pass:word")
    await send("basic/user/other")
    await send("redirect/302?to=/echo")
    await elsewhere()


asyncio.run(main())
