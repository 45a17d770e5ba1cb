# row: keywords.auth.variable
# expects: review
import asyncio
import os

import requests

BASE = os.environ["BASE_URL"]


async def look(auth):
    response = requests.get(BASE + "/basic/user/secret", auth=auth)
    print(response.status_code)


async def main():
    await look(("user", "secret"))
    await look(requests.auth.HTTPBasicAuth("user", "secret"))
    await look(None)


asyncio.run(main())
