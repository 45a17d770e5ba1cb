# row: exceptions.InvalidURL, exceptions.MissingSchema, exceptions.InvalidSchema
# expects: safe
# targets: aiohttp, niquests
# review: aiohttp
import asyncio
import os

import requests

BASE = os.environ["BASE_URL"]


async def look(url):
    try:
        response = requests.get(url, timeout=5)
        print(response.status_code)
    except requests.exceptions.InvalidSchema:
        print("a scheme that is not known")
    except requests.exceptions.MissingSchema:
        print("no URL")
    except Exception:
        print("something else")


async def host(url):
    try:
        response = requests.get(url, timeout=5)
        print(response.status_code)
    except requests.exceptions.InvalidURL:
        print("no host")
    except Exception:
        print("something else")


async def main():
    for url in (BASE + "/echo", "ftp://localhost/", "nothing"):
        await look(url)
    for url in (BASE + "/echo", "http://"):
        await host(url)


asyncio.run(main())
