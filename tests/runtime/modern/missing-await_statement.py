# since: 3.7
# expects: safe
# today: was never awaited
# prints: done
import asyncio


async def free():
    await asyncio.sleep(0)
    return 0


async def text():
    return "a b"


async def main():
    async def work():
        await asyncio.sleep(0)
        print("done")

    work()


asyncio.run(main())
