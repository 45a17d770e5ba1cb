# since: 3.7
# expects: safe
# today: object is not an iterator
# prints: in
# prints: out
import asyncio
from contextlib import contextmanager


@contextmanager
async def entered():
    yield "in"
    print("out")


async def main():
    with entered() as there:
        print(there)


asyncio.run(main())
