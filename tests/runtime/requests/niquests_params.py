# row: keywords.params.any, keywords.verify.any, keywords.files.any, keywords.proxies.any, keywords.cert.any
# expects: review
# targets: niquests
import asyncio
import os

import requests

BASE = os.environ["BASE_URL"]


async def main():
    for params in ({"a": None, "b": True, "c": [1, 2]}, [("a", [1, 2]), ("a", 3)], "a=1&b", b"x=y"):
        response = requests.get(BASE + "/echo?first=1", params=params, proxies={}, cert=None)
        print(response.json()["request"])
    response = requests.get(os.environ["SECURE_URL"] + "/echo", verify=os.environ["CERTIFICATE"])
    print(response.json())
    part = ("name", b"content", "text/plain")
    response = requests.post(BASE + "/status/201", files={"file": part})
    print(response.status_code)


asyncio.run(main())
