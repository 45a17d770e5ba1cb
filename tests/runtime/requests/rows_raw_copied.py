# row: rows.raw-copied, rows.raw-decoded
# expects: safe
import asyncio
import io
import os
import shutil

import requests

BASE = os.environ["BASE_URL"]


async def as_sent(path):
    file = io.BytesIO()
    with requests.get(f"{BASE}{path}", stream=True) as response:
        if response.ok:
            shutil.copyfileobj(response.raw, file)
    print(len(file.getvalue()), file.getvalue()[:20])


async def decoded(path):
    file = io.BytesIO()
    response = requests.get(f"{BASE}{path}", stream=True)
    if response.status_code == 200:
        response.raw.decode_content = True
        shutil.copyfileobj(response.raw, file)
    print(len(file.getvalue()), file.getvalue()[:20])


async def main():
    for path in ("/bytes/1000", "/compressed/gzip", "/status/404", "/stream/3", "/empty"):
        await as_sent(path)
        await decoded(path)


asyncio.run(main())
