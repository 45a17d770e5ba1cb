# row: keywords.stream.other
# expects: thread
# reason: still read on the event loop
import asyncio
import os

import requests

BASE = os.environ["BASE_URL"]


async def main():
    response = requests.get(BASE + "/stream/3?size=250", stream=True)
    for chunk in response.iter_content(100):
        print(len(chunk))


asyncio.run(main())
