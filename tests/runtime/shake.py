"""Random programs, rewritten, and run before and after: a search for rows that are wrong.

    PYTHON -W error::RuntimeWarning tests/runtime/shake.py target/debug/asyncfix 0 200

PYTHON is `target/tmp/runtime-libraries/bin/python`, which the tests make. The numbers are seeds, one a
program. Programs of `requests/` show what is known; this asks what nobody thought of. What it finds
and we cannot mend belongs in docs/semantics.md.
"""

import collections
import difflib
import json
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import run

HEAD = """import asyncio
import contextlib
import os

import httpx
import requests

BASE = os.environ["BASE_URL"]


def show(response):
    print(response.status_code, response.ok, response.url)
    return response


"""

PATHS = """
/echo /echo/{name} /echo/caf\u00e9 /status/200 /status/204 /status/304 /status/404 /status/500 /status/599
/hops/3 /redirect/302 /redirect/307?to=/status/404 /redirect/303?to= /json/object /json/list /json/broken
/json/empty /slow/50 /bytes/50 /stream/3?size=250 /compressed/gzip /truncated /no-answer
/compressed/broken /loop /lines/3 /etag /cookies/set?a=1 /basic/u/p /flaky/1
/response?header=X-A:1&header=Link:%3C/2%3E;rel=next&type=text/html;charset=utf-8&body=hi
/text/latin-1?type=text/plain;charset=latin-1
""".split()

KEYWORDS = {
    "params": """{"a": "1"} | {"a": 1, "b": "x y"} | {"a": name} | {"a": str(name)} | None | {} | {"a": None}
        | {"a": ["1", "2"]} | [("a", "1"), ("a", "2")] | {"a": True} | "a=1" | {"a": f"{name}!"} | dict(a=1)""",
    "headers": """{"X-A": "1"} | {"X-A": str(name)} | {"Accept": "text/html", "x-b": f"{name}"} | None
        | {"If-None-Match": '"one"'} | {"X-A": None} | {"Authorization": "Bearer x"} | {"X-N": 1}""",
    "data": """{"a": "1"} | {"a": 1, "b": "x&y"} | {"a": name} | "text" | b"bytes" | None | {} | {"a": None}
        | [("a", "1"), ("b", "2")] | {"a": ["1", "2"]} | name""",
    "json": """{"a": [1, None, "\u00e9"]} | [] | {} | None | name | {"a": name}""",
    "timeout": """5 | (3, 5) | None | (None, 5) | 2.5 | [1, 2]""",
    "auth": """("u", "p") | requests.auth.HTTPBasicAuth("u", "p")
        | requests.auth.HTTPDigestAuth("u", "p") | None | (name, "p")""",
    "allow_redirects": "False | True | bool(name)",
    "verify": "True | False | None",
    "stream": "False | True",
    "cookies": """None | {"a": "1"}""",
    "files": """None | {"f": ("a.txt", b"x", "text/plain")} | {"f": (None, "v")}""",
}
# The ones that are met most.
USUAL = [
    "params",
    "headers",
    "data",
    "json",
    "timeout",
    "timeout",
    "allow_redirects",
    "auth",
]

USES = r"""
print(r.status_code) | print(r.ok) | print(r.url) | print(r.content) | print(r.json()) | print(r.reason)
| print(r.headers["Content-Type"]) | print(r.headers.get("X-A")) | r.raise_for_status()
| print(r.is_redirect) | print(r.cookies.get("a")) | print(r.links) | assert r is not None
| if r:\n    print("yes")\nelse:\n    print("no") | if not r.ok:\n    print("bad")\n    return None
| print("t" if r else "f") | print(not r, bool(r)) | if r.status_code == 200 and r:\n    print("both")
| print(f"{r.status_code} {r.url}") | print(r.url.split("/")[-1]) | print(len(r.history)) | print(r.text)
| print(r.encoding) | print(r.request.method, r.request.url) | for line in r.iter_lines():\n    print(line)
| for part in r.iter_content(100):\n    print(len(part)) | print("content-type" in r.headers) | r.close()
| print(r.elapsed.total_seconds() < 20) | print(r.status_code == requests.codes.ok) | show(r)
| data = r.json()\nprint(sorted(data) if isinstance(data, dict) else data) | x = r\nprint(x.ok, x.url)
| print([r.ok, r.url]) | print(any([r, None])) | while not r:\n    print("again")\n    break
| print(r.next) | print(r.is_permanent_redirect) | print(r.raise_for_status()) | return r.json()
| return r.url | return r.ok | return show(r).status_code | if r.ok and r.json():\n    print("full")
| print(r or None) | print(repr(r.url), r.url + "!") | out = {"u": r.url, "o": r.ok}\nprint(out)
| print([(h.status_code, h.url, h.ok) for h in r.history]) | print(r.content.decode("latin-1"))
| print(r.json().get("a") if r.ok else None) | r.encoding = "utf-8"\nprint(r.text)
| match r.status_code:\n    case 200:\n        print("fine")\n    case _:\n        print(r.ok)
"""

CAUGHT = """
requests.RequestException | requests.exceptions.RequestException | requests.HTTPError
| requests.ConnectionError | requests.Timeout | (requests.ConnectionError, requests.Timeout)
| requests.TooManyRedirects | requests.JSONDecodeError | ValueError | Exception
| (requests.HTTPError, ValueError) | requests.exceptions.ContentDecodingError
| requests.exceptions.ChunkedEncodingError | OSError | KeyError | requests.exceptions.InvalidURL
"""

HANDLERS = r"""
print("caught") | print("caught")\nreturn None | return None | pass | raise
| print("caught")\nraise ValueError("x") | print(type(error) is not None) | print(error.response is None)
| print(error.response.status_code if error.response is not None else None)
"""


def split(text):
    """Alternatives stand between bars; `\\n` in one is the end of a line."""
    return [part.strip().replace("\\n", "\n") for part in re.split(r"\s\|", text)]


def indent(text, depth=1):
    return "\n".join(
        "    " * depth + line if line else line for line in text.split("\n")
    )


class Writer:
    def __init__(self, seed):
        self.random = random.Random(seed)

    def one_of(self, text):
        return self.random.choice(split(text))

    def url(self):
        path = self.random.choice(PATHS)
        bare = path.replace("{name}", "n")
        forms = [f'f"{{BASE}}{path}"'] * 3 + [
            f'BASE + "{bare}"',
            f'"%s{bare.replace("%", "%%")}" % BASE',
            f'"{{}}{bare}".format(BASE)',
        ]
        return self.random.choice(forms)

    def call(self, on="requests"):
        methods = (
            ["get"] * 6 + ["post"] * 4 + ["put", "patch", "delete", "head", "options"]
        )
        method = self.random.choice([*methods, "request"])
        arguments = (
            [self.random.choice(['"GET"', '"post"', '"HEAD"'])]
            if method == "request"
            else []
        )
        arguments.append(self.url())
        names = []
        for _ in range(self.random.choice([0, 1, 1, 2, 2, 3])):
            names.append(self.random.choice(USUAL * 4 + list(KEYWORDS)))
        if method != "post" and re.search("redirect|hops|loop", arguments[-1]):
            # httpx sends a body again after a redirection where requests does not.
            names = [name for name in names if name not in ("data", "json", "files")]
        for name in dict.fromkeys(names):
            arguments.append(f"{name}={self.one_of(KEYWORDS[name])}")
        return f"{on}.{method}({', '.join(arguments)})"

    def uses(self):
        uses = [
            self.one_of(USES) for _ in range(self.random.choice([1, 1, 2, 2, 3, 4]))
        ]
        # What returns comes last, and once.
        ends = [use for use in uses if use.startswith("return")]
        return "\n".join([use for use in uses if use not in ends] + ends[:1])

    def core(self):
        call, uses, sent = self.call(), self.uses(), self.call("s")
        members = [
            "status_code",
            "json()",
            "url",
            "ok",
            "content",
            "raise_for_status()",
            "text",
        ]
        shapes = [f"r = {call}\n{uses}"] * 8 + [
            f"print({call}.{self.random.choice(members)})",
            f"if {call}.ok:\n    print('direct')",
            f"with {call} as r:\n{indent(uses)}",
            f"for name in ('a', 'b'):\n{indent(f'r = {call}')}\n{indent(uses)}",
            f"r = {call}\nif r.status_code != 200:\n    r = {self.call()}\n{uses}",
            f"r = None\nif name:\n    r = {call}\nif r is not None:\n{indent(uses)}",
            f"r = {call}\ns = {self.call()}\nprint(s.status_code)\n{uses}",
            f"rs = [{call} for name in ('a', 'b')]\nprint([r.ok for r in rs])\nr = rs[0]\n{uses}",
            f"if (r := {call}).ok:\n{indent(uses)}",
            f"for _ in range(3):\n{indent(f'r = {call}')}\n    if r:\n        break\n{uses}",
            f"s = requests.Session()\nr = {sent}\n{uses}",
            f"with requests.Session() as s:\n{indent(f'r = {sent}')}\n{indent(uses)}",
            "s = requests.Session()\ns.headers.update({'X-S': '1'})\n"
            f"r = {sent}\nprint(r.status_code)\nr = {self.call('s')}\n{uses}\ns.close()",
        ]
        return self.random.choice(shapes)

    def body(self):
        core = self.core()
        chance = self.random.random()
        if chance < 0.6:
            clauses = {}
            for _ in range(self.random.choice([1, 1, 1, 2])):
                caught = self.random.choice(split(CAUGHT)[:6] * 3 + split(CAUGHT))
                handler = self.random.choice(split(HANDLERS)[:4] * 4 + split(HANDLERS))
                name = " as error" if "error" in handler else ""
                clauses[caught] = f"except {caught}{name}:\n{indent(handler)}"
            core = f"try:\n{indent(core)}\n" + "\n".join(clauses.values())
            if self.random.random() < 0.15:
                core += "\nelse:\n    print('else')"
            if self.random.random() < 0.15:
                core += "\nfinally:\n    print('finally')"
        elif chance < 0.66:
            core = (
                f"with contextlib.suppress(requests.RequestException):\n{indent(core)}"
            )
        return core

    def program(self):
        text, names = HEAD, []
        for number in range(self.random.choice([1, 1, 2, 3])):
            names.append(f"f{number}")
            text += f"async def f{number}(name):\n{indent(self.body())}\n\n\n"
        text += "async def main():\n    for name in ('n', 'm'):\n"
        for name in names:
            text += f"        try:\n            print(await {name}(name))\n"
            text += "        except Exception:\n            print('raised')\n"
        return text + "\n\nasyncio.run(main())\n"


def rewrite(asyncfix, folder):
    """The findings of a program, which is changed in its place."""
    options = ["--isolated", "--select=blocking-http,blocking-chain", "."]
    listed = subprocess.run(
        [asyncfix, "--output-format=json", *options], cwd=folder, capture_output=True
    )
    subprocess.run(
        [asyncfix, "--write", "--accept-review", *options],
        cwd=folder,
        capture_output=True,
    )
    return json.loads(listed.stdout)


def lines_of(outcome):
    log = [json.dumps(entry, ensure_ascii=False) for entry in outcome["log"]]
    return [*outcome["stdout"].splitlines(), f"status {outcome['status']}", *log]


def main():
    asyncfix = str(Path(sys.argv[1]).resolve())
    seeds = range(int(sys.argv[2]), int(sys.argv[3]))
    work = Path(tempfile.gettempdir()) / "asyncfix-shake"
    shutil.rmtree(work, ignore_errors=True)
    jobs = []
    for seed in seeds:
        for side in ("before", "after"):
            folder = work / side / str(seed)
            folder.mkdir(parents=True)
            (folder / "main.py").write_text(Writer(seed).program(), encoding="utf-8")
            jobs.append({"name": f"{side}/{seed}", "folder": str(folder)})
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        folders = [work / "after" / str(seed) for seed in seeds]
        findings = dict(
            zip(seeds, pool.map(lambda each: rewrite(asyncfix, each), folders))
        )
    for name in [name for name in os.environ if name.upper().endswith("_PROXY")]:
        del os.environ[name]
    os.environ["SSL_CERT_FILE"] = str(run.HERE / "trusted.pem")
    outcomes = {each["name"]: each for each in run.run(jobs)}
    counts = collections.Counter()
    for seed in seeds:
        before, after = (outcomes[f"{side}/{seed}"] for side in ("before", "after"))
        text = (work / "after" / str(seed) / "main.py").read_text(encoding="utf-8")
        same = lines_of(before) == lines_of(after)
        warns = (
            "RuntimeWarning" in after["stderr"]
            or "DeprecationWarning" in after["stderr"]
        )
        kind = "native" if "AsyncClient" in text else "in threads, or left"
        counts[f"{kind}, {'the same' if same and not warns else 'OTHERWISE'}"] += 1
        if same and not warns:
            continue
        print(f"=== {work}/*/{seed}/main.py: {kind}")
        for finding in findings[seed]:
            print(
                f"    {finding['line']}: {finding.get('title')}: {finding.get('reason')}"
            )
        difference = difflib.unified_diff(
            lines_of(before), lines_of(after), lineterm="", n=0
        )
        print("\n".join(list(difference)[2:14]))
        print(after["stderr"][-300:])
    print(dict(counts))


if __name__ == "__main__":
    main()
