# row: keywords.params.flags
# expects: safe
import asyncio
import os

import requests

BASE = os.environ["BASE_URL"]


async def written():
    response = requests.get(BASE + "/echo", params={"a": True, "b": False})
    print(response.status_code)


async def computed(limit: int):
    response = requests.get(BASE + "/echo", params={"many": limit > 3})
    print(response.status_code)


async def put(every: bool):
    params = {"all": every}
    params["verbose"] = True
    response = requests.get(BASE + "/echo", params=params)
    print(response.status_code)


async def main():
    await written()
    await computed(5)
    await put(False)


asyncio.run(main())
