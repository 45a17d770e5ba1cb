# since: 3.7
# expects: review
# today: ResourceWarning
# prints: b'hello\n'
import asyncio
import gc
import warnings


async def answer(reader, writer):
    writer.write((await reader.readline()).replace(b"hi", b"hello"))
    await writer.drain()
    writer.close()


async def greeting(port):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"hi\n")
    line = await reader.readline()
    return line


async def main():
    warnings.simplefilter("always", ResourceWarning)
    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    print(await greeting(port))
    gc.collect()
    server.close()
    await server.wait_closed()


asyncio.run(main())
