# since: 3.7
# expects: review
# today: Unclosed client session
# prints: hello
# with: libraries
import asyncio

import aiohttp


async def answer(reader, writer):
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello")
    await writer.drain()
    writer.close()


async def get(url):
    session = aiohttp.ClientSession()
    response = await session.get(url)
    return await response.text()


async def main():
    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    print(await get(f"http://127.0.0.1:{port}/"))
    server.close()


asyncio.run(main())
