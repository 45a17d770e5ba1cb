# since: 3.7
# expects: safe
# today: AttributeError
# prints: A b
import asyncio


async def free():
    await asyncio.sleep(0)
    return 0


async def text():
    return "a b"


async def main():
    print(text().capitalize())


asyncio.run(main())
