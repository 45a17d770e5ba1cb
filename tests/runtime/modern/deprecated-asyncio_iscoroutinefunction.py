# since: 3.12
# needs: 3.8
# expects: safe
import asyncio
import functools
import inspect
from unittest.mock import AsyncMock, MagicMock


async def coroutine(number):
    return number


def plain(number):
    return number


async def generator():
    yield 1


class Handler:
    async def method(self):
        return self

    @staticmethod
    async def static():
        return 1

    @classmethod
    async def of_class(cls):
        return cls

    async def __call__(self):
        return self


@functools.wraps(coroutine)
def wrapping(number):
    return coroutine(number)


def marked(number):
    return coroutine(number)


if hasattr(inspect, "markcoroutinefunction"):
    inspect.markcoroutinefunction(marked)

asked = [
    coroutine,
    plain,
    generator,
    Handler().method,
    Handler.method,
    Handler.static,
    Handler().of_class,
    Handler(),
    wrapping,
    functools.partial(coroutine, 1),
    functools.partial(functools.partial(coroutine), 1),
    functools.partial(plain, 1),
    lambda: coroutine(1),
    AsyncMock(),
    MagicMock(),
    MagicMock(spec=coroutine),
    AsyncMock(spec=Handler).method,
    print,
    None,
]
print([asyncio.iscoroutinefunction(each) for each in asked])
print(len(list(filter(asyncio.iscoroutinefunction, asked))))


async def main():
    pass


asyncio.run(main())
