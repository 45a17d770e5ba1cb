# row: keywords.params.plain
# expects: safe
import asyncio
import os

import requests

BASE = os.environ["BASE_URL"]


async def given(names: list[str], number: int):
    response = requests.get(BASE + "/echo", params={"name": names, "number": number})
    print(response.status_code)


async def put(text: str | None, page: int):
    params = {"page": page, "fields": ["a", "b"], "both": ("c", 1)}
    if text is not None:
        params["text"] = text
    if page > 1:
        params.update({"more": "yes"})
    response = requests.get(BASE + "/echo", params=params)
    print(response.status_code)


async def main():
    await given(["x", "y"], 1)
    await given([], 2)
    await put(None, 1)
    await put("a b", 2)


asyncio.run(main())
