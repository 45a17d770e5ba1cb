# row: keywords.verify.path
# expects: review
import asyncio
import os

import requests

BASE = os.environ["BASE_URL"]


CERTIFICATE = os.environ["CERTIFICATE"]


async def main():
    response = requests.get(os.environ["SECURE_URL"] + "/echo", verify=CERTIFICATE)
    print(response.json())


asyncio.run(main())
