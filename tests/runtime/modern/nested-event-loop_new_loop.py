# since: 3.7
# expects: safe
# today: RuntimeError: Cannot run the event loop while another loop is running
# prints: 1
import asyncio


async def fetch(number):
    await asyncio.sleep(0)
    return number


async def main():
    loop = asyncio.new_event_loop()
    try:
        print(loop.run_until_complete(fetch(1)))
    finally:
        loop.close()


asyncio.run(main())
