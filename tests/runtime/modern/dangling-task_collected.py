# since: 3.7
# expects: review
# today: Task was destroyed but it is pending
# prints: done
# prints: end
import asyncio
import gc
import weakref

waiting = weakref.WeakSet()


async def work():
    future = asyncio.get_running_loop().create_future()
    waiting.add(future)
    await future
    print("done")


async def main():
    asyncio.create_task(work())
    await asyncio.sleep(0)
    gc.collect()
    for future in list(waiting):
        future.set_result(None)
    await asyncio.sleep(0.01)
    print("end")


asyncio.run(main())
