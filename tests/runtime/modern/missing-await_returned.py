# since: 3.7
# expects: review
# today: coroutine object
# prints: 0
import asyncio


async def free():
    await asyncio.sleep(0)
    return 0


async def text():
    return "a b"


async def main():
    async def give():
        return free()

    print(await give())


asyncio.run(main())
