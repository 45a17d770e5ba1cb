# since: 3.7
# expects: safe
# today: AttributeError, TypeError since 3.11
# prints: in
# prints: out
import asyncio
from contextlib import contextmanager


@contextmanager
def entered():
    yield "in"
    print("out")


async def main():
    async with entered() as there:
        print(there)


asyncio.run(main())
