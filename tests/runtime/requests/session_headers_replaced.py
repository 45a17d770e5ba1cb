# row: session.headers=
# expects: review
import asyncio
import os

import requests

BASE = os.environ["BASE_URL"]


async def main():
    with requests.Session() as session:
        session.headers = {"X-One": "1"}
        print(session.get(f"{BASE}/echo").json())


asyncio.run(main())
