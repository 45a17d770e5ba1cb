# since: 3.7
# expects: safe
# today: RuntimeError
# prints: 6
import asyncio


async def fetch(number):
    await asyncio.sleep(0)
    return number


def _fetch(number):
    return asyncio.run(fetch(number))


def _twice(number):
    return _fetch(number) + _fetch(number)


async def main():
    print(_twice(3))


asyncio.run(main())
