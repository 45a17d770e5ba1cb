# row: exceptions.HTTPError, exceptions.ChunkedEncodingError, exceptions.ContentDecodingError, exceptions.RequestException
# expects: review
# targets: aiohttp, niquests
import asyncio
import os

import requests

BASE = os.environ["BASE_URL"]


async def status(code):
    try:
        response = requests.get(f"{BASE}/status/{code}")
        response.raise_for_status()
        print("fine")
    except requests.HTTPError:
        print("an error")


async def broken(path):
    try:
        response = requests.get(BASE + path)
        print(response.status_code)
    except requests.exceptions.ChunkedEncodingError:
        print("broken")


async def undecodable(path):
    try:
        response = requests.get(BASE + path)
        print(response.status_code)
    except requests.exceptions.ContentDecodingError:
        print("not decodable")


async def anything(url):
    try:
        response = requests.get(url, timeout=5)
        print(response.status_code)
    except requests.RequestException:
        print("failed")


async def main():
    for code in (200, 404, 500):
        await status(code)
    await broken("/truncated")
    await undecodable("/bad-gzip")
    for url in (BASE + "/echo", "http://127.0.0.1:1/", "nothing", "ftp://localhost/"):
        await anything(url)


asyncio.run(main())
