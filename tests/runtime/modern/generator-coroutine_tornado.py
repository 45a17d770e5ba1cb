# since: 3.7
# expects: review
# with: libraries
import asyncio

from tornado import gen


@gen.coroutine
def load(name):
    yield gen.sleep(0.001)
    raise gen.Return(name)


@gen.coroutine
def fail():
    yield gen.sleep(0.001)
    raise ValueError("of tornado")


@gen.coroutine
def every():
    first = yield load("first")
    both = yield [load("a"), load("b")]
    named = yield {"one": load("one")}
    try:
        yield fail()
    except ValueError as error:
        print("failed", error)
    raise gen.Return((first.upper(), both, named))


async def main():
    print(await every())


asyncio.run(main())
