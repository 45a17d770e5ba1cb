# row: exceptions.HTTPError, exceptions.RequestException
# expects: safe
import asyncio
import os

import requests

BASE = os.environ["BASE_URL"]


async def of_answer(url):
    try:
        requests.get(url, timeout=5).raise_for_status()
    except requests.HTTPError as error:
        if error.response is not None and error.response.status_code == 404:
            return error.response.reason
        return error.response.status_code
    except requests.RequestException:
        return "something else"


async def perhaps_of_answer(url):
    try:
        requests.get(url, timeout=5).raise_for_status()
    except requests.RequestException as error:
        if error.response is not None:
            return error.response.status_code
        return "no answer"


async def asked(url):
    try:
        requests.get(url, timeout=5).raise_for_status()
    except Exception as error:
        if isinstance(error, requests.HTTPError):
            return "status"
        if hasattr(error, "response") and error.response is not None:
            return error.response.status_code
        raise RuntimeError("no answer") from error


async def main():
    for url in (BASE + "/status/404", BASE + "/status/500", BASE + "/no-answer", "no-address"):
        print(await of_answer(url))
        print(await perhaps_of_answer(url))
        try:
            print(await asked(url))
        except RuntimeError as error:
            print(error)


asyncio.run(main())
