# row: session.close()
# expects: safe
import asyncio
import os

import requests

BASE = os.environ["BASE_URL"]


async def main():
    session = requests.Session()
    try:
        session.get(f"{BASE}/cookies/set?a=1")
        print(session.get(f"{BASE}/cookies").json())
        print(session.get(f"{BASE}/status/500").status_code)
    finally:
        session.close()
    other = requests.session()
    print(other.get(f"{BASE}/cookies").json())


asyncio.run(main())
