# row: response.links
# expects: safe
# targets: httpx, httpx2, niquests
import asyncio
import os

import requests

BASE = os.environ["BASE_URL"]

LINKS = [
    '<http://example.test/2>; rel="next", <http://example.test/9>; rel="last"',
    "</relative>; rel=next; title=two",
    "<http://example.test/2>",
]


async def look(link):
    response = requests.get(BASE + "/response", params={"header": f"Link:{link}"})
    print(response.links)


async def none():
    response = requests.get(BASE + "/echo")
    print(response.links, response.links.get("next"))


async def main():
    for link in LINKS:
        await look(link)
    await none()


asyncio.run(main())
