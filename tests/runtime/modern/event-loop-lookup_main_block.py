# since: 3.7
# expects: review
import asyncio


async def rows():
    try:
        yield 1
        yield 2
    finally:
        print("closed")


async def main(name):
    async for row in rows():
        print(name, row)
        break
    await asyncio.sleep(0.001)
    return name


if __name__ == "__main__":
    loop = asyncio.get_event_loop()
    try:
        print(loop.run_until_complete(main("first")))
    finally:
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()
