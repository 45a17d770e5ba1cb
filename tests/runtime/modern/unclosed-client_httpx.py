# since: 3.7
# expects: review
# today: ResourceWarning
# prints: hello
# with: libraries
import asyncio
import gc
import warnings

import httpx


async def answer(reader, writer):
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello")
    await reader.read()
    writer.close()


async def get(url):
    client = httpx.AsyncClient()
    response = await client.get(url)
    return response.text


async def main():
    warnings.simplefilter("always", ResourceWarning)
    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    print(await get(f"http://127.0.0.1:{port}/"))
    gc.collect()
    await asyncio.sleep(0.01)
    server.close()


asyncio.run(main())
