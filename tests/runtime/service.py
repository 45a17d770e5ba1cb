"""What the programs of `together/` ask: a service that answers after a while, or fails, as it is told.

It is a transport of httpx, so that asyncfix sees the library that it knows, while nothing leaves the
process, and time can be the event loop's own.
"""

import asyncio

import httpx

NAMES = ["alder", "ash", "beech", "birch", "cedar", "elm", "fir", "hazel", "lime", "oak", "pine", "yew"]


class Service:
    def __init__(self, fails=(), quick=(), second=1.0):
        self.fails = set(fails)
        self.quick = set(quick)
        self.second = second
        self.now = 0
        self.at_once = 0
        self.events = []

    async def answer(self, request):
        path = request.url.path.strip("/")
        name = path.split("/")[0]
        index = NAMES.index(name) if name in NAMES else 0
        # Later names are answered sooner, so that the order in time is not the order of the names.
        delay = 0.2 if path in self.quick else 1.0 - 0.02 * index
        self.say("started", path)
        self.now += 1
        self.at_once = max(self.at_once, self.now)
        try:
            await asyncio.sleep(delay * self.second)
        except asyncio.CancelledError:
            self.say("cancelled", path)
            raise
        finally:
            self.now -= 1
        if path in self.fails:
            self.say("failed", path)
            raise httpx.ConnectError(f"{path} cannot be reached", request=request)
        self.say("finished", path)
        return httpx.Response(200, json=content(path, index), request=request)

    def say(self, what, path):
        time = asyncio.get_running_loop().time()
        self.events.append([what, path, round(time, 6)])


def content(path, index):
    return {"path": path, "size": (index * 7) % 10 + 0.1, "tags": [path[0], path[-1]], "next": NAMES[(index + 5) % 12]}


# Another one in every run.
current = Service()


def connect():
    return httpx.AsyncClient(transport=httpx.MockTransport(current.answer), base_url="http://service")
