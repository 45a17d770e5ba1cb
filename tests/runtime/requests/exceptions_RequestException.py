# row: exceptions.RequestException
# expects: safe
import asyncio
import os

import requests

BASE = os.environ["BASE_URL"]

URLS = [
    BASE + "/no-answer",
    BASE + "/no-http",
    BASE + "/truncated",
    BASE + "/broken-chunk",
    BASE + "/compressed/broken",
    BASE + "/loop",
    BASE + "/slow/9000",
    BASE + "/status/500",
    BASE + "/json/broken",
    BASE + "/redirect/302?to=ftp://example.test/",
    "http://127.0.0.1:1/",
    # Too long for a name server to be asked.
    "http://" + "no." * 100 + "invalid/",
    os.environ["SECURE_URL"],
    "no-address",
    "ftp://example.test/",
    "http://",
    "http://host:port/",
    "http://[bad",
    "http://a\x00b/",
    BASE + "/redirect/302?to=http://host:port/",
    BASE + "/json/object",
]


async def look(url):
    try:
        response = requests.get(url, timeout=1.5)
        response.raise_for_status()
        print(response.json())
    except requests.RequestException:
        print("failed")


async def through_exceptions(url):
    try:
        response = requests.get(url, timeout=1.5)
        print(response.status_code)
    except requests.exceptions.RequestException:
        print("failed")


async def main():
    for url in URLS:
        await look(url)
    await through_exceptions(BASE + "/no-answer")


asyncio.run(main())
