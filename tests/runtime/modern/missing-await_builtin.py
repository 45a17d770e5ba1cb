# since: 3.7
# expects: safe
# today: TypeError
# prints: 3
import asyncio


async def free():
    await asyncio.sleep(0)
    return 0


async def text():
    return "a b"


async def main():
    print(len(text()))


asyncio.run(main())
