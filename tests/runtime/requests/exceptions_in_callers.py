# row: exceptions.RequestException
# expects: safe
import asyncio
import os

import requests

BASE = os.environ["BASE_URL"]


async def _fetch(url):
    response = requests.get(url, timeout=1.5)
    response.raise_for_status()
    return response.json()


async def _name(url):
    return (await _fetch(url))["name"]


async def _look(url):
    try:
        print(await _name(url))
    except requests.RequestException:
        print("failed")


async def _run():
    for path in ("json/object", "json/broken", "status/500", "no-answer", "slow/9000"):
        await _look(f"{BASE}/{path}")


asyncio.run(_run())
