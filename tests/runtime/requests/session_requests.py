# row: session.get(), session.options(), session.head(), session.post(), session.put(), session.patch(), session.delete(), session.request(), session.with
# expects: safe
import asyncio
import os

import requests

BASE = os.environ["BASE_URL"]


async def main():
    with requests.Session() as session:
        print(session.get(f"{BASE}/hops/2").json())
        print(session.options(f"{BASE}/echo").status_code)
        print(session.head(f"{BASE}/hops/1").status_code)
        print(session.post(f"{BASE}/echo", json={"a": 1}).json())
        print(session.post(f"{BASE}/echo", {"a": "1"}).json())
        print(session.put(f"{BASE}/echo", data={"b": 2}, timeout=5).json())
        print(session.patch(f"{BASE}/echo", data=b"raw").json())
        print(session.delete(f"{BASE}/echo", json={"c": 3}).json())
        print(session.request("GET", f"{BASE}/echo", {"d": "4"}).json())
        print(session.get(f"{BASE}/hops/1", allow_redirects=False).status_code)


asyncio.run(main())
