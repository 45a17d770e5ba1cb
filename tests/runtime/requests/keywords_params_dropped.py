# row: keywords.params.dropped
# expects: safe
import asyncio
import os

import requests

BASE = os.environ["BASE_URL"]


async def main():
    response = requests.get(
        BASE + "/echo", params={"a": None, "b": "2", "c": None, "d": 4, "e": None}
    )
    print(response.status_code)


asyncio.run(main())
