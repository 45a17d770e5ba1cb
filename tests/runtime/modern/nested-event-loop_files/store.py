import asyncio


async def fetch(number):
    await asyncio.sleep(0)
    return number


def load(number):
    return asyncio.run(fetch(number))
