# since: 3.7
# until: 3.10
# expects: review
import asyncio


async def double(number):
    await asyncio.sleep(0)
    return 2 * number


async def main():
    doubling = [double(number) for number in range(3)]
    done, _ = await asyncio.wait(doubling)
    print(sorted(task.result() for task in done))


asyncio.run(main())
