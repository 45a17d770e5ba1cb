# since: 3.7
# expects: safe
# today: was never awaited
# prints: opened
import asyncio


class Base:
    async def open(self):
        print("nothing to open")


class Store(Base):
    async def open(self):
        await asyncio.sleep(0)
        print("opened")


async def main():
    Store().open()


asyncio.run(main())
