# since: 3.7
# expects: review
import asyncio


async def work():
    await asyncio.sleep(0.001)
    raise ValueError("of work")


def main():
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    try:
        loop.run_until_complete(work())
    finally:
        loop.close()


try:
    main()
except ValueError as error:
    print("failed", error)
