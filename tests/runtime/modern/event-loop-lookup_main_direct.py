# since: 3.7
# expects: safe
import asyncio


async def main():
    await asyncio.sleep(0.001)
    print("done")


asyncio.get_event_loop().run_until_complete(main())
