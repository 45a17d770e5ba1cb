# since: 3.7
# until: 3.8
# expects: safe
import asyncio


async def main():
    task = asyncio.Task.current_task()
    print(type(task).__name__, task is asyncio.current_task())
    loop = asyncio.get_running_loop()
    print(asyncio.Task.current_task(loop=loop) is task)


asyncio.run(main())
