# row: response.json, exceptions.JSONDecodeError
# expects: safe
# targets: httpx, httpx2, niquests
import asyncio
import os

import requests

BASE = os.environ["BASE_URL"]

NAMES = [
    "object",
    "list",
    "text",
    "number",
    "null",
    "false",
    "nan",
    "utf-8",
    "empty",
    "html",
]


async def look(name):
    try:
        response = requests.get(f"{BASE}/json/{name}")
        print(name, response.json())
    except requests.JSONDecodeError:
        print(name, "is no JSON")


async def through_exceptions(name):
    try:
        response = requests.get(f"{BASE}/json/{name}?type=text/html")
        print(name, response.json())
    except requests.exceptions.JSONDecodeError:
        print(name, "is no JSON")


async def exact():
    response = requests.get(f"{BASE}/json/object")
    print(response.json(parse_float=str))


async def main():
    for name in NAMES:
        await look(name)
    await through_exceptions("broken")
    await exact()


asyncio.run(main())
