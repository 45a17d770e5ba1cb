# expects: safe
# targets: httpx
# What functions of httpx raise, caught by the clauses that caught it.
import asyncio
import os

import httpx

BASE = os.environ["BASE_URL"]


async def ask(path, timeout=5.0):
    try:
        response = httpx.get(BASE + path, timeout=timeout)
        response.raise_for_status()
        print(path, response.text)
    except httpx.HTTPStatusError as error:
        print(path, type(error).__name__, error.response.status_code)
    except httpx.TimeoutException as error:
        print(path, type(error).__name__)
    except httpx.TransportError as error:
        print(path, type(error).__name__, error.request.method)
    except httpx.HTTPError as error:
        print(path, type(error).__name__)


async def nowhere(url):
    try:
        httpx.get(url)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        print(url, type(error).__name__)


async def main():
    for path in (
        "/status/404",
        "/status/503",
        "/status/304",
        "/truncated",
        "/broken_chunk",
        "/no_answer",
        "/no_http",
        "/close",
        "/compressed/broken",
    ):
        await ask(path)
    await ask("/slow/400", 0.1)
    await ask("/slow_body/400", 0.1)
    for url in ("ftp://host", "http://[", "//host", "http://127.0.0.1:1/"):
        await nowhere(url)


asyncio.run(main())
