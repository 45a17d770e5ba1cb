# row: exceptions.HTTPError, exceptions.ConnectionError, exceptions.Timeout, exceptions.RequestException
# expects: review
# targets: httpx, httpx2, niquests
import asyncio
import os

import requests

BASE = os.environ["BASE_URL"]


async def look(url):
    try:
        response = requests.get(url, timeout=1.5)
        response.raise_for_status()
        print(response.status_code)
    except requests.exceptions.HTTPError:
        print("status")
    except (requests.ConnectionError, requests.Timeout):
        print("connection or time")
    except requests.exceptions.RequestException:
        print("something else")
    else:
        print("well")
    finally:
        print("in the end")


async def main():
    for path in (
        "echo",
        "status/404",
        "no-answer",
        "slow/9000",
        "loop",
        "compressed/broken",
    ):
        await look(f"{BASE}/{path}")
    await look("http://127.0.0.1:1/")
    await look("no-address")


asyncio.run(main())
