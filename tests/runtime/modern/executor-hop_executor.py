# since: 3.9
# expects: safe
import asyncio
import concurrent.futures
import threading


def name():
    return threading.current_thread().name


async def main():
    loop = asyncio.get_running_loop()
    pool = concurrent.futures.ThreadPoolExecutor(1, thread_name_prefix="own")
    loop.set_default_executor(pool)
    print(await loop.run_in_executor(None, name))


asyncio.run(main())
