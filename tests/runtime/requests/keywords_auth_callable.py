# row: keywords.auth.callable
# expects: safe
import asyncio
import os

import requests

BASE = os.environ["BASE_URL"]


class Token(requests.auth.AuthBase):
    def __init__(self, token):
        self.token = token

    def __call__(self, r):
        r.headers["Authorization"] = f"Bearer {self.token}"
        return r


def sign(request):
    request.headers["X-Signed"] = "yes"
    return request


async def by_class(path):
    response = requests.get(BASE + path, auth=Token("abc"))
    print(response.json())


async def by_function():
    response = requests.post(BASE + "/echo", auth=sign, data="text")
    print(response.json())


async def main():
    await by_class("/echo")
    await by_class("/hops/2")
    await by_function()


asyncio.run(main())
