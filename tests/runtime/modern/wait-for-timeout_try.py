# since: 3.11
# expects: review, safe since 3.12
import asyncio

log = []


async def answer(seconds):
    try:
        await asyncio.sleep(seconds)
    except asyncio.CancelledError:
        log.append("cancelled")
        raise
    return seconds


async def fails():
    raise asyncio.TimeoutError("of itself")


async def swallows():
    try:
        await asyncio.sleep(1)
    except asyncio.CancelledError:
        return "late"


async def main():
    try:
        first = await asyncio.wait_for(answer(0.001), timeout=5)
        print(first)
        await asyncio.wait_for(answer(5), 0.01)
    except asyncio.TimeoutError as error:
        print("too late", error, log)
    try:
        await asyncio.wait_for(fails(), 1)
    except asyncio.TimeoutError as error:
        print("too late", error)


async def cancelled():
    try:
        await asyncio.wait_for(answer(5), 1)
    except asyncio.TimeoutError:
        print("never")


async def outer():
    await main()
    task = asyncio.get_running_loop().create_task(cancelled())
    await asyncio.sleep(0.01)
    task.cancel()
    try:
        await task
    except asyncio.CancelledError:
        print("cancelled from outside", log)


asyncio.run(outer())
