# row: keywords.timeout.none, keywords.timeout.computed, response.reason, keywords.cookies.any, keywords.json.any
# expects: review
# targets: niquests
import asyncio
import os

import requests

BASE = os.environ["BASE_URL"]


async def main():
    response = requests.get(BASE + "/slow/300", timeout=None)
    print(response.status_code, response.reason)
    response = requests.get(BASE + "/echo", timeout=float("9"))
    print(response.status_code)
    timeout = 9 if response else None
    response = requests.get(BASE + "/status/200", json=None, timeout=timeout)
    print(response.status_code)
    response = requests.get(BASE + "/echo", cookies={"a": "b"})
    print(response.json())


asyncio.run(main())
