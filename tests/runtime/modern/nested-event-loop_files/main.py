# since: 3.7
# expects: review
# today: RuntimeError
# prints: 3
import asyncio

from store import load


async def main():
    print(load(3))


asyncio.run(main())
