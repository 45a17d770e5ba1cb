# since: 3.7
# until: 3.9
# expects: safe
import asyncio


async def double(number):
    await asyncio.sleep(0)
    return 2 * number


async def main():
    loop = asyncio.get_event_loop()
    await asyncio.sleep(0.001, loop=loop)
    lock = asyncio.Lock(loop=loop)
    queue = asyncio.Queue(3, loop=loop)
    event = asyncio.Event(loop=None)
    async with lock:
        await queue.put(1)
        event.set()
    await event.wait()
    print(await queue.get(), await asyncio.gather(double(1), double(2), loop=loop))
    print(await asyncio.wait_for(double(3), 5, loop=loop))
    print(await asyncio.shield(double(4), loop=loop))
    for each in asyncio.as_completed([double(5)], loop=loop):
        print(await each)
    done, _ = await asyncio.wait([loop.create_task(double(6))], loop=loop)
    print(done.pop().result())
    semaphores = asyncio.Semaphore(2, loop=loop), asyncio.BoundedSemaphore(2, loop=loop)
    for semaphore in semaphores:
        async with semaphore:
            print(semaphore.locked())
    condition = asyncio.Condition(loop=loop)
    async with condition:
        condition.notify_all()
    for made in asyncio.LifoQueue(loop=loop), asyncio.PriorityQueue(loop=loop):
        await made.put(7)
        print(await made.get())


asyncio.run(main())
