# since: 3.7
# needs: 3.8
# expects: manual
# today: cannot reuse already awaited coroutine
import asyncio
import functools


@functools.lru_cache(maxsize=None)
async def load(key):
    return key


async def main():
    await load(1)
    await load(1)


asyncio.run(main())
