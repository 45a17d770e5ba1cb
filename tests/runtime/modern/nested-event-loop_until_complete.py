# since: 3.7
# expects: safe
# today: RuntimeError: This event loop is already running
# prints: 1
# prints: [1, 2]
import asyncio


async def fetch(number):
    await asyncio.sleep(0)
    return number


async def main():
    loop = asyncio.get_running_loop()
    print(loop.run_until_complete(fetch(1)))
    print(loop.run_until_complete(asyncio.gather(fetch(1), fetch(2))))


asyncio.run(main())
