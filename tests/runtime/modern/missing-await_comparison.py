# since: 3.7
# expects: safe
# today: False
# prints: True
import asyncio


async def free():
    await asyncio.sleep(0)
    return 0


async def text():
    return "a b"


async def main():
    print(free() == 0)


asyncio.run(main())
