# row: keywords.files.typed
# expects: safe
import asyncio
import os

import requests

BASE = os.environ["BASE_URL"]


async def main():
    response = requests.post(
        BASE + "/echo",
        files={
            "a": ("a.txt", b"bytes", "text/plain"),
            "b": ("b.txt", "text", "text/html"),
            "c": (None, "value"),
            "d": (None, "{}", "application/json"),
        },
        data={"field": "e", "number": 1},
    )
    print(response.json())


asyncio.run(main())
