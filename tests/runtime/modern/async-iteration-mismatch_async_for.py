# since: 3.7
# expects: safe
# today: TypeError
# prints: 0
# prints: 1
# prints: ['a']
import asyncio


def names():
    yield "a"


async def main():
    async for number in range(2):
        print(number)
    print([name async for name in names()])


asyncio.run(main())
