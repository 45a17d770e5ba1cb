# row: response.is_permanent_redirect
# expects: safe
import asyncio
import os

import requests

BASE = os.environ["BASE_URL"]


async def look(path):
    response = requests.get(f"{BASE}/{path}", allow_redirects=False)
    print(path, response.is_permanent_redirect)


async def main():
    for status in (300, 301, 302, 303, 304, 307, 308):
        await look(f"redirect/{status}")
        await look(f"status/{status}")


asyncio.run(main())
