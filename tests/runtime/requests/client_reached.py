# row: rows.client-reached
# expects: review
# targets: httpx
import asyncio
import os

import httpx
import requests

BASE = os.environ["BASE_URL"]


async def by_parameter(client: httpx.AsyncClient, path):
    try:
        print(requests.get(BASE + path, timeout=5).status_code)
    except requests.RequestException:
        print("failed")


async def main():
    async with httpx.AsyncClient() as client:
        await by_parameter(client, "/redirect/302?to=/echo")
        await by_parameter(client, "/status/404")
        try:
            print(requests.head(BASE + "/redirect/302?to=/echo").status_code)
        except requests.RequestException:
            print("failed")


asyncio.run(main())
