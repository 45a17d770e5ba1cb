# expects: thread
# targets: httpx
# Responses of urllib3, read at once and in parts.
import asyncio
import os

import urllib3

BASE = os.environ["BASE_URL"]


async def whole():
    pool = urllib3.PoolManager()
    response = pool.request("GET", f"{BASE}/echo", fields={"a": "b"})
    print(response.status, response.data)


async def parts():
    pool = urllib3.PoolManager()
    response = pool.request("GET", f"{BASE}/bytes/3000", preload_content=False)
    found = []
    while True:
        data = response.read(1024)
        if not data:
            break
        found.append(len(data))
    response.release_conn()
    print(found)


async def streamed():
    response = urllib3.request("GET", f"{BASE}/stream/3", preload_content=False)
    for part in response.stream(150):
        print(len(part))
    print(response.status)


async def main():
    await whole()
    await parts()
    await streamed()


asyncio.run(main())
