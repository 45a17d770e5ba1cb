# since: 3.7
# expects: safe
# today: free
# prints: taken no
import asyncio


async def free():
    await asyncio.sleep(0)
    return 0


async def text():
    return "a b"


async def main():
    if free():
        print("free")
    else:
        print("taken", "yes" if free() else "no")


asyncio.run(main())
