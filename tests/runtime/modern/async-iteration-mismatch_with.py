# since: 3.7
# expects: safe
# today: AttributeError, TypeError since 3.11
# prints: in
# prints: held True
import asyncio


class Door:
    async def __aenter__(self):
        return "in"

    async def __aexit__(self, *details):
        return None


async def main():
    with Door() as door:
        print(door)
    lock = asyncio.Lock()
    with lock:
        print("held", lock.locked())


asyncio.run(main())
