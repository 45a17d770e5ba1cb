# row: session.with, keywords.timeout.shared
# expects: safe
import asyncio
import os

import requests

BASE = os.environ["BASE_URL"]


async def fetch_number(session: requests.Session, number: int):
    return session.get(f"{BASE}/echo", params={"number": number}, timeout=5).json()["headers"]


async def remember(session: requests.Session, name: str):
    session.get(f"{BASE}/cookies/set?{name}=1")
    return session.get(f"{BASE}/cookies").json()


async def main():
    with requests.Session() as session:
        session.headers["X-Client"] = "one"
        print(await remember(session, "a"))
        print(await remember(session=session, name="b"))
        numbers = await asyncio.gather(*[fetch_number(session, number) for number in range(5)])
    print(numbers)
    other = requests.Session()
    print(await remember(other, "c"))


asyncio.run(main())
