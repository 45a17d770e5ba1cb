# expects: review
# targets: httpx
# reason: requests of `client` may overlap now
import asyncio
import os

import httpx

BASE = os.environ["BASE_URL"]


async def fetch():
    with httpx.Client(timeout=5, headers={"X-Client": "a"}, follow_redirects=True) as client:
        client.headers["X-Other"] = "b"
        answer = client.get(f"{BASE}/hops/2")
        print(answer.json(), answer.url.path, len(answer.history))
        print(client.post(f"{BASE}/basic/ann/secret", auth=("ann", "secret")).json())
        print(client.put(f"{BASE}/echo", content=b"raw", params={"a": [1, 2]}).json())
        print(client.send(client.build_request("GET", f"{BASE}/echo")).json())


async def failing():
    client = httpx.Client(base_url=BASE)
    try:
        client.get("/slow/2000", timeout=0.1)
    except httpx.TimeoutException as error:
        print(type(error).__name__)
    try:
        client.get("/status/404").raise_for_status()
    except httpx.HTTPStatusError as error:
        print(error.response.status_code)
    finally:
        client.close()
    print(client.is_closed)


async def one_of(client: httpx.Client, number: int):
    return client.get("/echo", params={"number": number}).json()


async def several():
    client = httpx.Client(base_url=BASE)
    client.get("/cookies/set?a=1")
    print(dict(client.cookies))
    print(await asyncio.gather(*(one_of(client, number) for number in range(5))))


class Api:
    def __init__(self, token: str):
        self.client = httpx.Client(headers={"Authorization": f"Bearer {token}"})

    async def get_all(self, paths: list[str]):
        return [self.client.get(BASE + path).json() for path in paths]

    async def close(self):
        self.client.close()


async def main():
    await fetch()
    await failing()
    await several()
    api = Api("abc")
    print(await api.get_all(["/echo", "/cookies"]))
    await api.close()


asyncio.run(main())
