# row: response.headers, response.headers.get, response.headers.[], response.headers.in, response.headers.values
# expects: safe
import asyncio
import os

import requests

BASE = os.environ["BASE_URL"]


async def look():
    response = requests.get(f"{BASE}/response?header=X-Two:1&header=X-Two:2&type=text/css")
    print(response.headers["content-TYPE"], response.headers.get("X-Two"), "x-two" in response.headers)
    print(response.headers.get("Nothing"), response.headers.get("Nothing", 1), "Nothing" not in response.headers)
    print("1, 2" in response.headers.values())
    try:
        response.headers["Nothing"]
    except KeyError:
        print("no")


asyncio.run(look())
