# since: 3.7
# until: 3.10
# expects: safe, review since 3.11
import asyncio


async def double(number):
    await asyncio.sleep(0.001 * number)
    return 2 * number


async def main():
    done, pending = await asyncio.wait([double(1), double(2)])
    print(sorted(task.result() for task in done), pending)
    done, pending = await asyncio.wait(
        {double(number) for number in (1, 200)}, return_when=asyncio.FIRST_COMPLETED
    )
    print([task.result() for task in done], len(pending))
    for task in pending:
        task.cancel()


asyncio.run(main())
