# row: client.unverified, keywords.verify.literal
# expects: safe
import asyncio
import os

import requests

SECURE = os.environ["SECURE_URL"]


async def unverified():
    response = requests.get(SECURE + "/echo", verify=False)
    print(response.json())


async def verified():
    try:
        response = requests.get(SECURE + "/echo", verify=True)
        print(response.status_code)
    except requests.RequestException:
        print("not trusted")


async def main():
    await unverified()
    await verified()


asyncio.run(main())
