# row: streamed.iter_lines
# expects: review
import asyncio
import json
import os

import requests

BASE = os.environ["BASE_URL"]


async def rebound(path):
    with requests.get(f"{BASE}{path}", stream=True) as response:
        for line in response.iter_lines():
            if line:
                line = line.decode("utf-8")
                print(line.upper())


async def named(path):
    response = requests.get(f"{BASE}{path}", stream=True)
    for line in response.iter_lines():
        if not line:
            continue
        text = line.decode()
        print(text.upper())


async def parsed(path):
    with requests.get(f"{BASE}{path}", stream=True) as response:
        for line in response.iter_lines():
            print(json.loads(line))


async def as_text(path):
    with requests.get(f"{BASE}{path}", stream=True) as response:
        for line in response.iter_lines(decode_unicode=True):
            print(line.upper())


async def main():
    for path in ("/lines/5", "/lines/3?end=%0D%0A", "/lines/2?end=%0A%0A", "/empty"):
        await rebound(path)
        await named(path)
    await as_text("/lines/5")
    await parsed("/json/list")


asyncio.run(main())
