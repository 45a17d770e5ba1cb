# row: exceptions.MissingSchema, exceptions.InvalidSchema, exceptions.InvalidURL, exceptions.ValueError
# expects: review
import asyncio
import os

import requests
from requests import exceptions

BASE = os.environ["BASE_URL"]


async def look(url):
    try:
        response = requests.get(url, timeout=5)
        print(response.status_code)
    except (exceptions.MissingSchema, exceptions.InvalidSchema):
        print("no scheme")
    except exceptions.InvalidURL:
        print("no address")


async def any_value(url):
    try:
        response = requests.get(url, timeout=5)
        print(response.status_code)
    except ValueError:
        print("no address")


async def main():
    for url in ("no-address", "ftp://example.test/", "http://host:port/", "http://[::1/", BASE + "/echo"):
        await look(url)
        await any_value(url)


asyncio.run(main())
