# row: keywords.data.other, keywords.headers.other, keywords.hooks.off, keywords.stream.off, response.close, response.history, response.is_permanent_redirect, rows.installing, exceptions.InvalidHeader, exceptions.ProxyError, exceptions.SSLError
# expects: review
# targets: niquests
import asyncio
import os

import requests

BASE = os.environ["BASE_URL"]


async def send(data, headers):
    response = requests.post(BASE + "/echo", data=data, headers=headers, hooks=None, stream=False)
    print(response.json())
    response.close()


async def caught(url, name):
    try:
        response = requests.get(url, headers={"X-Name": name}, timeout=5)
        print(response.status_code)
    except requests.exceptions.InvalidHeader:
        print("no header")
    except requests.exceptions.SSLError:
        print("not trusted")


async def proxied(url):
    try:
        response = requests.get(url, proxies={"http": "http://127.0.0.1:1"}, timeout=5)
        print(response.status_code)
    except requests.exceptions.ProxyError:
        print("no proxy")


async def main():
    await send({"a": None, "b": [1, 2]}, {"X-Nothing": None, "X-A": "b"})
    await send([("a", "1"), ("a", "2")], {})
    response = requests.get(BASE + "/redirect/308?to=/echo")
    print(response.is_permanent_redirect, len(response.history))
    await caught(BASE + "/echo", "a")
    await caught(BASE + "/echo", "a\nb")
    await caught(os.environ["SECURE_URL"] + "/echo", "a")
    await proxied("http://localhost/")


asyncio.run(main())
