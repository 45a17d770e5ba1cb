# row: session.auth=, session.verify=, session.trust_env=, session.max_redirects=, session.params=
# expects: safe
import asyncio
import os

import requests
from requests.auth import HTTPBasicAuth, HTTPDigestAuth

BASE = os.environ["BASE_URL"]
SECURE = os.environ["SECURE_URL"]


async def signed():
    with requests.Session() as session:
        session.auth = ("ann", "secret")
        print(session.get(f"{BASE}/basic/ann/secret").json())
        print(session.get(f"{BASE}/basic/bob/secret", auth=("bob", "secret")).json())
        print(session.get(f"{BASE}/basic/bob/secret").status_code)
        session.auth = None
        print(session.get(f"{BASE}/basic/ann/secret").status_code)


async def signed_by_class():
    with requests.Session() as session:
        session.auth = HTTPBasicAuth("ann", "secret")
        print(session.get(f"{BASE}/basic/ann/secret").json())
        session.auth = HTTPDigestAuth("ann", "secret")
        print(session.get(f"{BASE}/digest/ann/secret").json())


async def unverified():
    with requests.Session() as session:
        session.verify = False
        session.trust_env = False
        print(session.get(f"{SECURE}/echo").json()["headers"])


async def no_proxies_of_the_system():
    os.environ["HTTP_PROXY"] = "http://127.0.0.1:1"
    session = requests.Session()
    session.trust_env = False
    print(session.get(f"{BASE}/echo").json()["headers"])
    session.close()
    del os.environ["HTTP_PROXY"]


async def few_redirects():
    for hops in (2, 3):
        try:
            with requests.Session() as session:
                session.max_redirects = 2
                print(session.get(f"{BASE}/hops/{hops}/").status_code)
                session.max_redirects = 1
                print(session.get(f"{BASE}/hops/{hops}/").status_code)
        except requests.TooManyRedirects:
            print("too many")


async def always_asked():
    with requests.Session() as session:
        session.params = {"key": "abc", "n": 1}
        print(session.get(f"{BASE}/echo").json())
        print(session.get(f"{BASE}/echo", params={"n": 2, "m": "x y"}).json())


async def main():
    await signed()
    await signed_by_class()
    await unverified()
    await no_proxies_of_the_system()
    await few_redirects()
    await always_asked()


asyncio.run(main())
