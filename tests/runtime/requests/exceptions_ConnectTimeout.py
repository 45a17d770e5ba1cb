# row: exceptions.ConnectTimeout
# expects: review
# targets: httpx, httpx2, aiohttp, niquests
import asyncio
import os
import socket

import requests

BASE = os.environ["BASE_URL"]


async def look(url):
    try:
        response = requests.get(url, timeout=(1.5, 5))
        print(response.status_code)
    except requests.ConnectTimeout:
        print("no connection in time")
    except requests.ReadTimeout:
        print("no answer in time")


def full():
    """The address of a server that lets nobody in."""
    server = socket.create_server(("127.0.0.1", 0), backlog=0)
    port = server.getsockname()[1]
    waiting = []
    for _ in range(3):
        client = socket.socket()
        client.setblocking(False)
        client.connect_ex(("127.0.0.1", port))
        waiting.append(client)
    return f"http://127.0.0.1:{port}/", server, waiting


async def main():
    url, *kept = full()
    await look(url)
    await look(BASE + "/echo")
    for each in [kept[0], *kept[1]]:
        each.close()


asyncio.run(main())
