# row: streamed.content, streamed.json, streamed.iter_content, keywords.stream.on, keywords.stream.off
# expects: safe
import asyncio
import hashlib
import io
import os

import requests

BASE = os.environ["BASE_URL"]


async def download(path):
    file = io.BytesIO()
    with requests.get(f"{BASE}{path}", stream=True) as response:
        response.raise_for_status()
        for chunk in response.iter_content(chunk_size=64):
            if chunk:
                file.write(chunk)
    print(response.status_code, len(file.getvalue()), hashlib.md5(file.getvalue()).hexdigest())


async def unscoped(path):
    digest = hashlib.md5()
    done = 0
    response = requests.get(f"{BASE}{path}", stream=True)
    if response.ok:
        total = response.headers.get("Content-Length")
        for data in response.iter_content(100):
            digest.update(data)
            done += len(data)
        print(total, done)
    print(digest.hexdigest())


async def one_by_one(paths):
    for path in paths:
        found = bytearray()
        with requests.get(f"{BASE}{path}", stream=True) as response:
            for byte in response.iter_content():
                found += byte
                if len(found) == 5:
                    break
        print(found)


async def whole(path):
    with requests.get(f"{BASE}{path}", stream=True) as response:
        print(len(response.content), response.content[:4], response.ok)
        print(response.content.upper()[:4])


async def decoded(path):
    with requests.get(f"{BASE}{path}", stream=True) as response:
        if response.ok:
            print(response.json())
        data = response.json()
        print(data)


async def not_streamed(path):
    print(requests.get(f"{BASE}{path}", stream=False).content[:10])


async def sent(body):
    with requests.post(f"{BASE}/echo", json=body, stream=True) as response:
        print(len(response.json()), response.status_code)
    with requests.request("PUT", f"{BASE}/echo", json=body, stream=True) as response:
        print(len(response.json()))


async def main():
    for path in ("/bytes/1000", "/stream/5?size=70", "/compressed/gzip", "/lines/20", "/empty"):
        await download(path)
        await unscoped(path)
        await whole(path)
        await not_streamed(path)
    await one_by_one(["/bytes/1000", "/lines/9"])
    await decoded("/json/list")
    await sent([1])


asyncio.run(main())
