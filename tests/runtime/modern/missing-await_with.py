# since: 3.7
# expects: safe
# today: Error
# prints: held
import asyncio


async def free():
    await asyncio.sleep(0)
    return 0


async def text():
    return "a b"


async def main():
    async def locked():
        import threading

        return threading.Lock()

    with locked():
        print("held")


asyncio.run(main())
