# since: 3.7
# expects: safe
# today: TypeError
# prints: 1
import asyncio


async def free():
    await asyncio.sleep(0)
    return 0


async def text():
    return "a b"


async def main():
    async def maker():
        return lambda: 1

    print(maker()())


asyncio.run(main())
