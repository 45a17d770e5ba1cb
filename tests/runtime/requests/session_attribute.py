# row: session.close(), keywords.timeout.shared
# expects: review
import asyncio
import os

import requests

BASE = os.environ["BASE_URL"]


class Api:
    def __init__(self, base: str, token: str):
        self.base = base
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.headers.update({"X-Client": "api/1"})
        self.session.headers["Authorization"] = f"Bearer {token}"

    async def echo(self):
        return self.session.get(f"{self.base}/echo", timeout=5).json()

    async def log_in(self):
        self.session.post(
            f"{self.base}/cookies/set?sid=1", json={"a": 1}, timeout=(5, 5)
        )

    async def cookies(self):
        return self.session.get(f"{self.base}/cookies", timeout=None).json()

    async def slow(self):
        try:
            self.session.get(f"{self.base}/slow/2000", timeout=0.1)
        except requests.RequestException:
            return "too slow"
        return "in time"

    def _shut(self):
        self.session.close()

    async def close(self):
        self._shut()


async def main():
    api = Api(BASE, "abc")
    print(await api.echo())
    await api.log_in()
    print(await api.cookies())
    print(await api.slow())
    await api.close()


asyncio.run(main())
