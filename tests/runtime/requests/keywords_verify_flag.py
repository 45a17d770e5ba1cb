# row: keywords.verify.flag
# expects: safe
import asyncio
import os

import requests

BASE = os.environ["BASE_URL"]


async def look(checked: bool):
    try:
        response = requests.get(os.environ["SECURE_URL"] + "/echo", verify=checked)
    except Exception as error:
        print("refused")
    else:
        print(response.json())


async def main():
    await look(False)
    await look(True)


asyncio.run(main())
