# since: 3.7
# expects: safe
# today: TypeError
# prints: b
import asyncio


async def free():
    await asyncio.sleep(0)
    return 0


async def text():
    return "a b"


async def main():
    for letter in text():
        pass
    print(letter)


asyncio.run(main())
