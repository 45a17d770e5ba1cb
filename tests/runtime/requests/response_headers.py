# row: response.headers
# expects: safe
# targets: httpx, httpx2, niquests
import asyncio
import os

import requests

BASE = os.environ["BASE_URL"]

URL = BASE + "/response?header=X-One:1&header=X-Two:a&header=x-two:b&type=text/html"


async def main():
    response = requests.get(URL)
    print(response.headers["X-One"], response.headers["x-one"])
    print(response.headers.get("X-Two"), response.headers.get("X-None", "none"))
    print("content-TYPE" in response.headers, "X-None" not in response.headers)
    try:
        print(response.headers["X-None"])
    except KeyError:
        print("no such header")


asyncio.run(main())
