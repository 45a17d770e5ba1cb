# since: 3.7
# until: 3.9
# expects: safe
import asyncio
import sys


async def answer(reader, writer):
    writer.write((await reader.readline()).upper())
    await writer.drain()
    writer.close()


async def main():
    loop = asyncio.get_running_loop()
    server = await asyncio.start_server(answer, "127.0.0.1", 0, loop=loop)
    port = server.sockets[0].getsockname()[1]
    reader, writer = await asyncio.open_connection("127.0.0.1", port, loop=loop)
    writer.write(b"hello\n")
    print(await reader.read())
    writer.close()
    server.close()
    await server.wait_closed()
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", "print(1)", stdout=asyncio.subprocess.PIPE, loop=loop
    )
    print((await process.communicate())[0].split())


asyncio.run(main())
