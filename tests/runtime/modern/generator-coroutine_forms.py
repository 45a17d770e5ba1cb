# since: 3.7
# until: 3.10
# expects: safe
import asyncio


class Base:
    @asyncio.coroutine
    def close(self):
        """Closes it."""


class Reader(Base):
    @asyncio.coroutine
    def read(self, item):
        yield from asyncio.sleep(0.001)
        yield
        return item

    @asyncio.coroutine
    def fail(self):
        yield
        raise ValueError("of the reader")

    @asyncio.coroutine
    def close(self):
        yield from super().close()
        print("closed")

    @asyncio.coroutine
    def all(self):
        try:
            yield from self.fail()
        except ValueError as error:
            print("failed", error)
        items = []
        while len(items) < 3 and (yield from self.read(1)) is not None:
            items.append((yield from self.read(len(items))))
        yield from self.close()
        return (yield from asyncio.gather(self.read(2), self.read(3))), items


async def main():
    print(await Reader().all())


asyncio.run(main())
