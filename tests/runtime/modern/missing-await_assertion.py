# since: 3.7
# expects: safe
# today: AssertionError
# prints: free
import asyncio


async def free():
    await asyncio.sleep(0)
    return 0


async def text():
    return "a b"


async def main():
    assert not free()
    print("free")


asyncio.run(main())
