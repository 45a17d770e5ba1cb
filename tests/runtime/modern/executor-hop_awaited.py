# since: 3.9
# expects: safe
import asyncio
import functools
import os
import threading


def where(path, default=None, *, name="none"):
    return os.path.basename(path), default, name, threading.current_thread() is threading.main_thread()


def fail(path):
    raise ValueError(path)


async def main():
    loop = asyncio.get_running_loop()
    print(await loop.run_in_executor(None, where, "a/b"))
    print(await loop.run_in_executor(None, functools.partial(where, "a/b", 1, name="x")))
    path = "a/c"
    print(await loop.run_in_executor(None, lambda: where(path, default=path)))
    print(await asyncio.gather(*[loop.run_in_executor(None, where, "a", i) for i in range(3)]))
    print(await asyncio.wait_for(loop.run_in_executor(None, where, "a/d"), timeout=5))
    try:
        await loop.run_in_executor(None, fail, "a")
    except ValueError as error:
        print("failed", error)


asyncio.run(main())
