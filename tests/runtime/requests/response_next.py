# row: response.next
# expects: safe
import asyncio
import os

import requests

BASE = os.environ["BASE_URL"]


async def look(path):
    response = requests.get(BASE + path, allow_redirects=False)
    if response.next:
        print(response.next.method, response.next.url)
    else:
        print("nowhere")


async def main():
    for path in ("/hops/2", "/redirect/303?to=/echo?a=b%20c", "/echo", "/status/302"):
        await look(path)


asyncio.run(main())
