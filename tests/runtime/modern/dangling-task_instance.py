# since: 3.7
# expects: safe
# keep-tasks: instance
# today: Task was destroyed but it is pending
# prints: done
# prints: end
import asyncio
import gc
import weakref

waiting = weakref.WeakSet()


class Service:
    def __init__(self):
        self.name = "service"

    async def work(self):
        future = asyncio.get_running_loop().create_future()
        waiting.add(future)
        await future
        print("done")

    async def start(self):
        asyncio.create_task(self.work())


async def main():
    service = Service()
    await service.start()
    await asyncio.sleep(0)
    gc.collect()
    for future in list(waiting):
        future.set_result(None)
    await asyncio.sleep(0.01)
    print("end")


asyncio.run(main())
