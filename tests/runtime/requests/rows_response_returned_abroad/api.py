import os

import requests

BASE = os.environ["BASE_URL"]


async def fetch(path):
    return requests.get(f"{BASE}{path}")


class Api:
    async def get(self, path):
        response = requests.get(f"{BASE}{path}")
        if not response.ok:
            return None
        return response
