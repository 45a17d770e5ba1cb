# row: keywords.headers.text
# expects: safe
import asyncio
import os

import requests

BASE = os.environ["BASE_URL"]


def common() -> dict:
    found = {"X-Common": "a"}
    found["X-More"] = "b"
    return found


async def built(token: str | None, extra: dict[str, str]):
    headers = {"X-Bytes": b"c", **extra}
    if token:
        headers["X-Token"] = token
    response = requests.get(BASE + "/echo", headers=headers)
    print(response.json())


async def given(headers: dict[str, str]):
    response = requests.get(BASE + "/echo", headers=headers)
    print(response.json())


async def made():
    response = requests.get(BASE + "/echo", headers={**common(), "X-Own": str(1)})
    print(response.json())


async def main():
    await built(None, {})
    await built("t", {"X-Extra": "e"})
    await given({"X-Given": "g"})
    await made()


asyncio.run(main())
