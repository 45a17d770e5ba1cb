# since: 3.7
# expects: safe
# today: coroutine object
# prints: it is 0
import asyncio


async def free():
    await asyncio.sleep(0)
    return 0


async def text():
    return "a b"


async def main():
    print(f"it is {free()}")


asyncio.run(main())
