# row: keywords.data.shared
# expects: thread
import asyncio
import os

import requests

BASE = os.environ["BASE_URL"]


DATA = {"a": 1, "b": True}


async def main():
    response = requests.post(BASE + "/echo", data=DATA)
    print(response.json(), DATA["b"] is True)


asyncio.run(main())
