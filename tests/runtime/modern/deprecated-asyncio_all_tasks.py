# since: 3.7
# until: 3.8
# expects: review
import asyncio


async def main():
    others = [asyncio.ensure_future(asyncio.sleep(1)) for _ in range(3)]
    for task in asyncio.Task.all_tasks():
        if task is not asyncio.current_task():
            task.cancel()
    print(await asyncio.gather(*others, return_exceptions=True) and "cancelled")


asyncio.run(main())
