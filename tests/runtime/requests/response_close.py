# row: response.close
# expects: safe
import asyncio
import os

import requests

BASE = os.environ["BASE_URL"]


async def main():
    response = requests.get(BASE + "/echo")
    response.close()
    print(response.status_code)


asyncio.run(main())
