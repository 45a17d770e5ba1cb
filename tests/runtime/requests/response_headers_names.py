# row: response.headers.items, response.headers.keys, response.headers.iter, response.headers.dict
# expects: thread
import asyncio
import os

import requests

BASE = os.environ["BASE_URL"]


async def look():
    response = requests.get(f"{BASE}/response?header=X-Two:1&header=X-Two:2&type=text/css")
    names = []
    for name in response.headers:
        names.append(name.lower())
    print(sorted(names), sorted(name.lower() for name in response.headers.keys()))
    print([value for name, value in response.headers.items() if name.lower() == "x-two"])
    print({name.lower(): value for name, value in dict(response.headers).items()}["x-two"])


asyncio.run(look())
