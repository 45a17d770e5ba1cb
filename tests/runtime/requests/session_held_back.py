# row: session.mount(), session.hooks, session.proxies, session.cert, session.adapters, session.send(), session.prepare_request(), session.params
# expects: thread
import asyncio
import os

import requests
from requests.adapters import HTTPAdapter

BASE = os.environ["BASE_URL"]


async def mounted():
    with requests.Session() as session:
        session.mount(f"{BASE}/flaky", HTTPAdapter(max_retries=3))
        print(session.get(f"{BASE}/echo").status_code)


async def hooked():
    with requests.Session() as session:
        session.hooks["response"].append(lambda answer, **rest: print(answer.json()))
        session.get(f"{BASE}/echo")


async def by_proxy():
    with requests.Session() as session:
        session.proxies = {"ftp": "http://127.0.0.1:1"}
        print(session.get(f"{BASE}/echo").status_code)


async def certified():
    with requests.Session() as session:
        session.cert = None
        print(session.get(f"{BASE}/echo").status_code)


async def adapted():
    with requests.Session() as session:
        print(sorted(session.adapters))
        print(session.get(f"{BASE}/echo").status_code)


async def prepared():
    with requests.Session() as session:
        request = session.prepare_request(requests.Request("GET", f"{BASE}/echo"))
        print(session.send(request).status_code)
        print(session.get(f"{BASE}/echo").status_code)


async def asked():
    with requests.Session() as session:
        session.params.update({"a": "b"})
        print(session.get(f"{BASE}/echo?c=d").json())


async def main():
    await mounted()
    await hooked()
    await by_proxy()
    await certified()
    await adapted()
    await prepared()
    await asked()


asyncio.run(main())
