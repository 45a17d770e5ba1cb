# expects: thread
# targets: httpx
# Responses of urllib that are read after the call, in all the ways that move with it.
import asyncio
import csv
import io
import json
import os
import shutil
import tempfile
import urllib.error
import urllib.request
from contextlib import closing
from urllib.request import Request, urlopen

BASE = os.environ["BASE_URL"]


async def loaded():
    request = Request(f"{BASE}/echo", headers={"X-A": "b"}, data=b"body", method="PUT")
    with urllib.request.urlopen(request, timeout=10) as response:
        data = json.load(response)
    print(data)


async def inlined():
    print(json.load(urlopen(f"{BASE}/echo")))
    print(urlopen(f"{BASE}/bytes/20").read().decode())


async def assigned():
    response = urlopen(f"{BASE}/hops/2")
    body = response.read()
    print(response.status, response.geturl(), response.headers["Content-Type"], len(body))


async def tried(path, timeout=5):
    try:
        with urlopen(BASE + path, timeout=timeout) as response:
            body = response.read().decode()
            status = response.status
    except urllib.error.HTTPError as error:
        return path, error.code
    except (urllib.error.URLError, OSError) as error:
        return path, type(error).__name__
    except Exception as error:
        return path, type(error).__name__
    return status, body


async def gone_through():
    with urlopen(f"{BASE}/lines/4") as response:
        for line in response:
            print(line)
    with urlopen(f"{BASE}/lines/3") as response:
        found = [line.decode().strip() for line in response]
    print(found)
    for last in urlopen(f"{BASE}/lines/2"):
        print(last)


async def rows():
    response = urlopen(f"{BASE}/response?body=a,b")
    reader = csv.reader(io.TextIOWrapper(response))
    return [row for row in reader]


async def saved(folder):
    path = os.path.join(folder, "copied")
    with closing(urlopen(f"{BASE}/bytes/50000")) as response, open(path, "wb") as file:
        shutil.copyfileobj(response, file)
    print(os.path.getsize(path))
    size = 0
    with urlopen(f"{BASE}/stream/30") as response:
        for part in iter(lambda: response.read(512), b""):
            size += len(part)
    print(size)


class Feed:
    async def store(self):
        with urlopen(f"{BASE}/json/object") as response:
            self.data = json.load(response)

    async def returned(self, code):
        with urlopen(f"{BASE}/response?body=x") as response:
            if response.status == code:
                return response.read()
        return None


async def several():
    found = []
    for number in range(3):
        with urlopen(f"{BASE}/echo?{number}") as response:
            found.append(json.load(response))
    return found


async def main():
    await loaded()
    await inlined()
    await assigned()
    for path in ("/status/404", "/echo", "/truncated", "/no_answer", "/no_http"):
        print(await tried(path))
    print(await tried("/slow/400", 0.1))
    await gone_through()
    print(await rows())
    with tempfile.TemporaryDirectory() as folder:
        await saved(folder)
    feed = Feed()
    await feed.store()
    print(feed.data, await feed.returned(200), await feed.returned(201))
    print(await several())


asyncio.run(main())
