# expects: safe
# targets: httpx
# The parts of a streamed response, by every way of reading them.
import asyncio
import os

import httpx

BASE = os.environ["BASE_URL"]


async def parts():
    with httpx.stream("GET", f"{BASE}/stream/6?size=100") as response:
        response.raise_for_status()
        for part in response.iter_bytes(250):
            print(len(part), response.num_bytes_downloaded)


async def lines():
    with httpx.stream("GET", f"{BASE}/lines/5") as response:
        print(response.status_code, response.encoding)
        for line in response.iter_lines():
            if line.startswith("line 3"):
                break
            print(line)


async def decoded():
    with httpx.stream("GET", f"{BASE}/compressed/gzip", verify=False) as response:
        text = ""
        for part in response.iter_text():
            text += part
        print(text)


async def raw():
    with httpx.stream(
        "POST",
        f"{BASE}/echo",
        json=[1],
        timeout=None,
    ) as response:
        size = 0
        for part in response.iter_raw():
            size += len(part)
        print(size, response.is_closed, response.is_stream_consumed)
    print(response.status_code, response.is_closed)


async def read():
    with httpx.stream("GET", f"{BASE}/status/404") as response:
        if response.is_error:
            print(response.read())
            print(response.json())
            response.close()
            print(response.is_closed)
            return
    print("never")


async def broken():
    try:
        with httpx.stream("GET", f"{BASE}/truncated") as response:
            for part in response.iter_bytes():
                print(part)
    except httpx.RemoteProtocolError as error:
        print(type(error).__name__)


async def unread():
    try:
        with httpx.stream("GET", f"{BASE}/echo") as response:
            print(response.text)
    except httpx.ResponseNotRead:
        print("not read")


async def main():
    await parts()
    await lines()
    await decoded()
    await raw()
    await read()
    await broken()
    await unread()


asyncio.run(main())
