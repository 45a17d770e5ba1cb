# expects: safe
# targets: httpx
# What functions of httpx send and give, sent by its client for coroutines.
import asyncio
import os

import httpx

BASE = os.environ["BASE_URL"]


def show(response):
    print(response.status_code, response.url, response.text, dict(response.headers))
    print([hop.status_code for hop in response.history], response.encoding)


async def get():
    response = httpx.get(f"{BASE}/echo", params={"a": [1, 2], "b": None}, timeout=5)
    print(response.json())


async def redirected():
    response = httpx.get(f"{BASE}/redirect/302")
    print(response.status_code, response.text, response.has_redirect_location)


async def followed():
    response = httpx.get(f"{BASE}/hops/3", follow_redirects=True)
    print(response.status_code, response.url, [hop.status_code for hop in response.history])


async def posted():
    response = httpx.post(f"{BASE}/echo?c=d", json={"é": [None, 1.5]}, headers={"X-A": "b"})
    print(response.json())


async def form():
    response = httpx.put(f"{BASE}/echo", data={"a": "b c", "d": ["e", "f"]})
    print(response.json())


async def text():
    response = httpx.patch(f"{BASE}/echo", content="naïve".encode())
    print(response.json())


async def told():
    response = httpx.get(f"{BASE}/echo", verify=False, trust_env=False, auth=("u", "p"))
    print(response.json())


async def cookies():
    response = httpx.get(
        f"{BASE}/cookies/set?c=d&to=/cookies", cookies={"a": "b"}, follow_redirects=True
    )
    print(response.json(), dict(response.cookies))


async def named():
    print(httpx.request("DELETE", f"{BASE}/echo").json())
    print(httpx.head(f"{BASE}/echo").headers["content-type"])
    print(httpx.options(f"{BASE}/echo").status_code)
    print(httpx.get(f"{BASE}/text/latin-1?type=text/plain;charset=latin-1").text)


async def main():
    for function in (
        get,
        redirected,
        followed,
        posted,
        form,
        text,
        told,
        cookies,
        named,
    ):
        await function()


asyncio.run(main())
