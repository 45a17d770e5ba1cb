# since: 3.7
# until: 3.9
# expects: review, safe since 3.10
import asyncio


class Server:
    def __init__(self, loop):
        self.lock = asyncio.Lock(loop=loop)

    async def run(self):
        async with self.lock:
            return 1


def main():
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    server = Server(loop)
    print(loop.run_until_complete(asyncio.gather(server.run(), server.run())))
    loop.close()


main()
