# since: 3.7
# expects: review
# today: goes on
# prints: cancelled True
import asyncio
import logging

logger = logging.getLogger()
logger.addHandler(logging.NullHandler())


async def work(queue):
    try:
        await queue.get()
    except BaseException:
        logger.info("failed")
    print("goes on")


async def main():
    task = asyncio.get_running_loop().create_task(work(asyncio.Queue()))
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait([task])
    print("cancelled", task.cancelled())


asyncio.run(main())
