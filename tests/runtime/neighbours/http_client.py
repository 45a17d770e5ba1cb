# expects: thread
# targets: httpx
# A connection of http.client, from its first request to its end.
import asyncio
import http.client
import os
from urllib.parse import urlsplit

HOST = urlsplit(os.environ["BASE_URL"]).netloc


async def ask(path):
    connection = http.client.HTTPConnection(HOST)
    connection.request("POST", path, body=b"x", headers={"X-A": "b"})
    response = connection.getresponse()
    data = response.read()
    connection.close()
    return response.status, response.reason, data


async def tried(path):
    connection = http.client.HTTPConnection(HOST)
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        if response.status == 200:
            return response.read()
    finally:
        connection.close()
    return "none"


async def again():
    connection = http.client.HTTPConnection(HOST)
    connection.request("GET", "/echo?1")
    first = connection.getresponse().read()
    connection.request("GET", "/echo?2")
    second = connection.getresponse().read()
    return first, second


async def main():
    print(await ask("/echo"))
    print(await ask("/status/404"))
    print(await tried("/bytes/5"))
    print(await tried("/status/500"))
    print(await again())


asyncio.run(main())
