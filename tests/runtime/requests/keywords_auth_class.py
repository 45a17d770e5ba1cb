# row: keywords.auth.class, callables.HTTPBasicAuth, callables.HTTPDigestAuth
# expects: safe
import asyncio
import os

import requests
from requests.auth import HTTPBasicAuth

BASE = os.environ["BASE_URL"]


async def basic(path):
    response = requests.get(BASE + path, auth=HTTPBasicAuth("user", "secret"))
    print(response.status_code)


async def digest(path):
    response = requests.get(
        BASE + path, auth=requests.auth.HTTPDigestAuth("user", "secret")
    )
    print(response.status_code)


async def main():
    for password in ("secret", "other"):
        await basic("/basic/user/" + password)
        await digest("/digest/user/" + password)
    await digest("/echo")


asyncio.run(main())
