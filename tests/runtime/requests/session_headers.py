# row: session.headers.update(), session.headers[]=, session.headers[], session.headers.get(), session.headers.pop(), session.headers.setdefault(), session.del headers[]
# expects: safe
import asyncio
import os

import requests

BASE = os.environ["BASE_URL"]


async def main():
    with requests.Session() as session:
        session.headers.update({"X-One": "1", "x-two": "2"})
        session.headers["X-Three"] = "3"
        session.headers.setdefault("X-Three", "4")
        session.headers.setdefault("X-Four", "4")
        print(session.get(f"{BASE}/echo").json())
        print(session.headers["x-one"], session.headers.get("X-TWO"), session.headers.get("X"))
        print(session.headers.pop("X-One"))
        del session.headers["X-Two"]
        print(session.get(f"{BASE}/echo", headers={"X-Three": "own", "X-Five": "5"}).json())
        print(session.get(f"{BASE}/redirect/302", headers={"X-Six": "6"}).json())


asyncio.run(main())
