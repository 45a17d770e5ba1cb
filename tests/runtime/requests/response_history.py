# row: response.history, response.history.len, response.history.truth, response.history.[], response.history.iter
# expects: safe
import asyncio
import os

import requests

BASE = os.environ["BASE_URL"]


async def look(path):
    response = requests.get(f"{BASE}{path}")
    print(len(response.history), bool(response.history))
    if response.history:
        print(response.history[0].status_code, response.history[-1].ok)
    if not response.history:
        print("direct")
    for earlier in response.history:
        print(earlier.status_code, earlier.reason, earlier.headers["Location"])
        if earlier:
            print("no error")


async def main():
    for path in ["/echo", "/hops/3", "/redirect/301", "/redirect/308?to=/status/404", "/redirect/302?to="]:
        await look(path)


asyncio.run(main())
