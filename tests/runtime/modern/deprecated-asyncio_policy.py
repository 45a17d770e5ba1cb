# since: 3.7
# expects: safe
import asyncio


async def main():
    return asyncio.get_running_loop()


def run():
    loop = asyncio.get_event_loop_policy().new_event_loop()
    asyncio.get_event_loop_policy().set_event_loop(loop)
    print(asyncio.get_event_loop() is loop, loop.run_until_complete(main()) is loop)
    loop.close()


run()
