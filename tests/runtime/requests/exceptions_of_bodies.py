# row: exceptions.ContentDecodingError, exceptions.ChunkedEncodingError, exceptions.InvalidJSONError, exceptions.JSONDecodeError, exceptions.RequestsJSONDecodeError, exceptions.RequestException
# expects: review
import asyncio
import os

import requests
from requests import exceptions, models

BASE = os.environ["BASE_URL"]


async def look(path):
    try:
        response = requests.get(f"{BASE}/{path}", timeout=5)
        print(response.json())
    except exceptions.ContentDecodingError:
        print("not compressed")
    except exceptions.ChunkedEncodingError:
        print("broken off")
    except (exceptions.JSONDecodeError, models.RequestsJSONDecodeError):
        print("not JSON")
    except exceptions.InvalidJSONError:
        print("something about JSON")
    except requests.RequestException:
        print("something else")


async def numbers(path):
    try:
        first, second, third = requests.get(f"{BASE}/{path}", timeout=5).json()
        print(first, second, third)
    except requests.RequestException:
        print("no list")
    except ValueError as error:
        print(error)


async def main():
    for path in ("compressed/broken", "broken-chunk", "truncated", "json/broken", "json/html"):
        await look(path)
    await look("json/object")
    await numbers("json/list")
    await numbers("json/broken")


asyncio.run(main())
