# row: exceptions.InvalidHeader
# expects: review
import asyncio
import os

import requests
from requests import exceptions

BASE = os.environ["BASE_URL"]


async def main():
    try:
        response = requests.get(BASE + "/echo", headers={"X-Lines": "one\ntwo"}, timeout=5)
        print(response.status_code)
    except exceptions.InvalidHeader:
        print("no header")


asyncio.run(main())
