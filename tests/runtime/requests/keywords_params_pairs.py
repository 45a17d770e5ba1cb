# row: keywords.params.pairs
# expects: safe
import asyncio
import os

import requests

BASE = os.environ["BASE_URL"]


async def main():
    response = requests.get(
        BASE + "/echo", params=[("a", "1"), ("b", 2), ("c", "\u20ac &")]
    )
    print(response.status_code)


asyncio.run(main())
