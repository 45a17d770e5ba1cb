# since: 3.7
# expects: review
# today: Unclosed client session
# prints: failed
# with: libraries
import asyncio

import aiohttp


async def get(url):
    session = aiohttp.ClientSession()
    response = await session.get(url)
    text = await response.text()
    await session.close()
    return text


async def main():
    try:
        print(await get("http://127.0.0.1:1/"))
    except aiohttp.ClientError:
        print("failed")


asyncio.run(main())
