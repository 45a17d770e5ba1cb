# since: 3.7
# expects: review
# today: cancelled False
# prints: cancelled True
import asyncio
import logging

logger = logging.getLogger()
logger.addHandler(logging.NullHandler())


async def work(queue):
    while True:
        try:
            if await queue.get() is None:
                return
        except:
            logger.info("failed")


async def main():
    queue = asyncio.Queue()
    task = asyncio.get_running_loop().create_task(work(queue))
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    await queue.put(None)
    await asyncio.wait([task])
    print("cancelled", task.cancelled())


asyncio.run(main())
