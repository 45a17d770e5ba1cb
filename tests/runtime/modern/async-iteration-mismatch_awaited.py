# since: 3.7
# expects: safe
# today: TypeError
# prints: 1
import asyncio


async def rows():
    yield 1


async def main():
    async for row in await rows():
        print(row)


asyncio.run(main())
