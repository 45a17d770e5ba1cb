# row: response.status_code, response.content, response.links, response.elapsed, response.reason, response.is_redirect, response.is_permanent_redirect, response.url, response.json, response.iter_content, response.close
# expects: review
import asyncio
import os

import requests

BASE = os.environ["BASE_URL"]


async def look(path, follow):
    response = requests.get(f"{BASE}{path}", allow_redirects=follow)
    print(path, response.status_code, response.content, response.links, response.reason)
    print(response.is_redirect, response.is_permanent_redirect, response.url.removeprefix(BASE))
    print(not response.is_permanent_redirect, response.is_redirect == follow)
    print(response.elapsed.days, f"{response.url}".removeprefix(BASE), len(str(response.url)) > 5)
    print([part for part in response.iter_content(7)], len(list(response.iter_content())))
    print(list(response.iter_content(None)), list(response.iter_content(chunk_size=5)))
    response.close()
    print(response.content)


async def at_once(path):
    print(requests.get(f"{BASE}{path}").url.removeprefix(BASE))


async def not_ok(path):
    return not requests.get(f"{BASE}{path}").ok


async def compared(path):
    return requests.get(f"{BASE}{path}").ok == True


async def decode(name):
    response = requests.get(f"{BASE}/json/{name}")
    print(response.json(), response.json(parse_int=str))


async def main():
    paths = ["/echo", "/hops/2", "/redirect/308", "/redirect/301?to=", "/status/304", "/status/599"]
    for path in paths:
        await look(path, True)
        await look(path, False)
        await at_once(path)
        print(await not_ok(path), await compared(path))
    await look("/response?header=Link:%3C/two%3E;%20rel=%22next%22&reason=Fine", True)
    await look("/empty", True)
    for name in ["object", "list", "text", "null", "nan"]:
        await decode(name)


asyncio.run(main())
