# row: keywords.files.unsure
# expects: review
import asyncio
import io
import os

import requests

BASE = os.environ["BASE_URL"]


async def look(content):
    response = requests.post(
        BASE + "/echo", files={"a": ("a.txt", content, "text/plain")}
    )
    print(response.json())


async def main():
    await look(b"bytes")
    await look("text")
    await look(io.BytesIO(b"file"))


asyncio.run(main())
