# since: 3.7
# until: 3.8
# expects: safe
import asyncio

order = []


@asyncio.coroutine
def work(lock, name):
    with (yield from lock):
        order.append((name, lock.locked()))
        yield
        order.append(name)


async def main():
    lock = asyncio.Lock()
    await asyncio.gather(work(lock, "a"), work(lock, "b"))
    print(order, lock.locked())


asyncio.run(main())
