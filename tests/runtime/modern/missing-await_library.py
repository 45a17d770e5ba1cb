# since: 3.7
# expects: safe
# today: was never awaited
# prints: 1 True
import asyncio


async def free():
    await asyncio.sleep(0)
    return 0


async def text():
    return "a b"


async def main():
    queue = asyncio.Queue()
    queue.put(1)
    await asyncio.sleep(0)
    print(queue.qsize(), not queue.empty())


asyncio.run(main())
