# since: 3.7
# expects: safe
# today: TypeError
# prints: 1
# prints: [2, 4]
# prints: [1, 2] {1, 2}
import asyncio


async def rows():
    yield 1
    await asyncio.sleep(0)
    yield 2


async def main():
    for row in rows():
        print(row)
        break
    print([row * 2 for row in rows()])
    print(list(rows()), set(rows()))


asyncio.run(main())
