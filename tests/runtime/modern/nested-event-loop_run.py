# since: 3.7
# expects: safe
# today: RuntimeError
# prints: 6
import asyncio


async def fetch(number):
    await asyncio.sleep(0)
    return number


async def main():
    print(asyncio.run(fetch(1)) + asyncio.run(fetch(2)) * 2 + 1)


asyncio.run(main())
