# row: response.request, response.request.method, response.request.url, response.request.headers, response.request.headers.get, response.request.headers.[], response.request.headers.in, response.next, response.next.url, response.next.method, response.next.truth
# expects: review
import asyncio
import os

import requests

BASE = os.environ["BASE_URL"]


async def look(path):
    response = requests.get(f"{BASE}{path}", headers={"X-One": "1"}, allow_redirects=False)
    print(response.request.method, response.request.url.removeprefix(BASE), len(response.request.url) > 4)
    print(response.request.headers["x-one"], response.request.headers.get("X-Two"), "X-One" in response.request.headers)
    if response.next:
        print(response.next.method, response.next.url.removeprefix(BASE))
    if not response.next:
        print("the end")


async def main():
    for path in ["/echo?a=%20b", "/hops/2", "/redirect/303", "/redirect/307?to="]:
        await look(path)


asyncio.run(main())
