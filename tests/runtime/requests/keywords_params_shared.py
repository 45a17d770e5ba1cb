# row: keywords.params.shared
# expects: thread
import asyncio
import os

import requests

BASE = os.environ["BASE_URL"]


PARAMS = {"all": True}


async def main():
    response = requests.get(BASE + "/echo", params=PARAMS)
    print(response.url, PARAMS["all"] is True)


asyncio.run(main())
