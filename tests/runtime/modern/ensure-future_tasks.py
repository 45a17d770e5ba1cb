# since: 3.7
# expects: safe
import asyncio

order = []


async def double(number):
    order.append(("start", number))
    await asyncio.sleep(0)
    order.append(("end", number))
    return 2 * number


async def main():
    loop = asyncio.get_event_loop()
    first = asyncio.ensure_future(double(1))
    second = loop.create_task(double(2))
    third = asyncio.ensure_future(double(3), loop=loop)
    order.append("made")
    print(await asyncio.gather(first, second, third), order)
    print([type(task).__name__ for task in (first, second, third)])
    failing = asyncio.ensure_future(asyncio.sleep(10))
    failing.cancel()
    try:
        await failing
    except asyncio.CancelledError:
        print("cancelled")


asyncio.run(main())
