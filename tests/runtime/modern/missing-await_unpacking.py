# since: 3.7
# expects: safe
# today: TypeError
# prints: a b
import asyncio


async def free():
    await asyncio.sleep(0)
    return 0


async def text():
    return "a b"


async def main():
    first, _, last = text()
    print(first, last)


asyncio.run(main())
