# since: 3.7
# expects: safe
# today: AttributeError
# prints: ['a', 'b']
import asyncio


async def free():
    await asyncio.sleep(0)
    return 0


async def text():
    return "a b"


async def main():
    value = text()
    print(value.split())


asyncio.run(main())
