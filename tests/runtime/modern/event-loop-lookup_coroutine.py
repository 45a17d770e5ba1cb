# since: 3.7
# expects: safe
import asyncio


async def main():
    loop = asyncio.get_event_loop()
    print(loop is asyncio.get_running_loop(), loop.time() > 0)
    future = asyncio.get_event_loop().create_future()
    loop.call_soon(future.set_result, 1)
    print(await future)


asyncio.run(main())
