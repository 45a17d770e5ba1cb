# row: response.cookies, response.cookies.get, response.cookies.[], response.cookies.in, response.cookies.values, response.cookies.items, response.cookies.keys, response.cookies.dict, response.cookies.get_dict, response.cookies.iter
# expects: safe
import asyncio
import os

import requests

BASE = os.environ["BASE_URL"]


async def look():
    response = requests.get(f"{BASE}/cookies/set?one=1&two=2")
    print(response.cookies.get("one"), response.cookies["two"], "one" in response.cookies)
    print(response.cookies.get("three"), response.cookies.get("three", default="3"), "three" in response.cookies)
    print(sorted(response.cookies.keys()), sorted(response.cookies.values()), sorted(response.cookies.items()))
    print(sorted(dict(response.cookies).items()), sorted(response.cookies.get_dict().items()))
    for morsel in response.cookies:
        print(morsel.name, morsel.value, morsel.path)
    print([morsel.name for morsel in response.cookies])
    try:
        response.cookies["three"]
    except KeyError:
        print("no third")


asyncio.run(look())
