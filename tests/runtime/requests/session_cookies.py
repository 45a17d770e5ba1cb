# row: session.cookies.set(), session.cookies.get(), session.cookies.update(), session.cookies.clear(), session.cookies.get_dict(), session.cookies[], session.cookies[]=
# expects: safe
import asyncio
import os

import requests

BASE = os.environ["BASE_URL"]


async def main():
    with requests.Session() as session:
        session.cookies.set("a", "1")
        session.cookies["b"] = "2"
        session.cookies.update({"c": "3"})
        print(session.get(f"{BASE}/cookies").json())
        session.get(f"{BASE}/cookies/set?d=4")
        print(session.get(f"{BASE}/cookies/set?e=5&to=/cookies").json())
        print(session.cookies["a"], session.cookies.get("d"), session.cookies.get("f", "none"))
        print(sorted(session.cookies.get_dict().items()))
        session.get(f"{BASE}/cookies/delete?d")
        print(session.get(f"{BASE}/cookies").json())
        session.cookies.clear()
        print(session.get(f"{BASE}/cookies").json(), session.cookies.get_dict())


asyncio.run(main())
