# since: 3.11
# expects: safe
import asyncio
import concurrent.futures


async def main():
    try:
        await asyncio.wait_for(asyncio.sleep(1), 0.01)
    except asyncio.TimeoutError as error:
        print(type(error).__name__)
    with concurrent.futures.ThreadPoolExecutor() as pool:
        waiting = asyncio.get_running_loop().create_future()
        future = pool.submit(lambda: __import__("time").sleep(0.05))
        try:
            future.result(0.001)
        except (concurrent.futures.TimeoutError, asyncio.TimeoutError) as error:
            print(repr(error))
        waiting.cancel()


asyncio.run(main())
