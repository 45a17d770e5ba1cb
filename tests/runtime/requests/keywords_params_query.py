# row: keywords.params.query
# expects: thread
import asyncio
import os

import requests

BASE = os.environ["BASE_URL"]


async def main():
    response = requests.get(BASE + "/echo?a=1", params={"b": "2", "a": "3"})
    print(response.url)


asyncio.run(main())
