# since: 3.7
# until: 3.9
# expects: safe
import asyncio
import sys
import tempfile


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
    process = await asyncio.create_subprocess_shell(
        "echo 2", stdout=asyncio.subprocess.PIPE, loop=loop
    )
    print((await process.communicate())[0].split())
    with tempfile.TemporaryDirectory() as folder:
        path = folder + "/socket"
        server = await asyncio.start_unix_server(answer, path, loop=loop)
        reader, writer = await asyncio.open_unix_connection(path, loop=loop)
        writer.write(b"there\n")
        print(await reader.read())
        writer.close()
        server.close()
        await server.wait_closed()


asyncio.run(main())
