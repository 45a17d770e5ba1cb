"""The server that programs of `requests/` talk to: local, and nothing but the standard library.

One process serves all programs. Every run of a program has a port, a log and counters of its own, so
that programs may run side by side. `run.py` speaks with it in lines of JSON on its standard streams:
`["open"]` is answered with the ports, `["close", port]` with what came in on a port, in order.

Bytes are written by hand, since broken answers are part of the work. Routes are the `at_...` functions;
the query names whatever a program wants to have otherwise.
"""

import asyncio
import base64
import hashlib
import json
import re
import ssl
import sys
import zlib
from email.utils import formatdate
from http import HTTPStatus
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

# What differs between HTTP clients for every request, and is no part of what is compared.
#
# - headers by which a client names itself and what it understands, and the life of its connection;
# - `content-length`, which follows from the body, and of which requests sends 0 where there is none;
# - the port in `host`, and in anything that quotes an address of this server;
# - the order of headers, and that of cookies in one header;
# - `content-type` of a request without a body: httpx keeps it where a redirect made a GET of a POST;
# - white space and escapes in a JSON body;
# - the boundary between the parts of a body, which is random;
# - the random number of the client in digest authentication, and what is computed with it.
UNHEEDED = {
    "user-agent",
    "accept",
    "accept-encoding",
    "connection",
    "content-length",
    "keep-alive",
}


class Request:
    def __init__(self, method, target, headers, body):
        self.method = method
        self.target = target
        parts = urlsplit(target)
        self.path = parts.path
        self.query = target.partition("?")[2].partition("#")[0]
        self.options = dict(parse_qsl(self.query, keep_blank_values=True))
        self.headers = headers
        self.body = body

    def get(self, name, default=None):
        return next((value for key, value in self.headers if key == name), default)

    def cookies(self):
        pairs = self.get("cookie", "").split("; ")
        return sorted(pair for pair in pairs if pair)

    def canonical(self):
        """What is compared of a request before and after the rewrite."""
        kind = self.get("content-type", "")
        body, headers = self.body, []
        boundary = re.search(r"boundary=\"?([^\";]+)", kind)
        if boundary:
            body = body.replace(boundary[1].encode(), b"BOUNDARY")
        elif re.match(r"application/([\w.-]+\+)?json", kind):
            try:
                body = json.dumps(json.loads(body)).encode()
            except ValueError:
                pass
        for name, value in self.headers:
            if name in UNHEEDED or name == "content-type" and not body:
                continue
            if name == "host":
                value = value.partition(":")[0]
            elif name == "cookie":
                value = "; ".join(self.cookies())
            elif name == "content-type" and boundary:
                value = value.replace(boundary[1], "BOUNDARY")
            elif value.lower().startswith("digest "):
                parts = parse_digest(value)
                for part in ("cnonce", "response"):
                    parts.pop(part, None)
                value = "Digest " + ", ".join(
                    f"{key}={parts[key]}" for key in sorted(parts)
                )
            headers.append(f"{name}: {value}")
        target = re.sub(r"^http://[^/]+", "proxied ", self.target)
        return {
            "request": f"{self.method} {target}",
            "headers": sorted(headers),
            "body": body.decode("latin-1"),
        }


def parse_digest(value):
    return dict(re.findall(r'(\w+)="?([^",]*)"?', value.partition(" ")[2]))


class Run:
    """One run of one program."""

    def __init__(self):
        self.log = []
        self.counts = {}
        self.servers = []
        self.tasks = set()

    def count(self, key):
        self.counts[key] = self.counts.get(key, 0) + 1
        return self.counts[key]


class Close(Exception):
    """The connection ends here."""


class Answer:
    """Writes answers to one request."""

    def __init__(self, request, writer, run):
        self.request = request
        self.writer = writer
        self.run = run

    def head(self, status, headers=(), reason=None):
        if reason is None:
            known = {each.value: each.phrase for each in HTTPStatus}
            reason = known.get(status, "Unknown")
        lines = [f"HTTP/1.1 {status} {reason}", f"Date: {formatdate(0, usegmt=True)}"]
        lines += [f"{name}: {value}" for name, value in headers]
        self.writer.write("\r\n".join(lines + ["", ""]).encode("latin-1"))

    def send(self, status=200, body=b"", kind=None, headers=(), reason=None):
        if isinstance(body, str):
            body = body.encode()
        headers = list(headers)
        if kind is not None:
            headers.insert(0, ("Content-Type", kind))
        if status in (204, 304) or status < 200:
            body = b""
        else:
            headers.append(("Content-Length", len(body)))
        self.head(status, headers, reason)
        self.write(body)

    def write(self, part):
        """A part of the body."""
        if self.request.method != "HEAD":
            self.writer.write(part)

    def json(self, value, status=200, headers=()):
        self.send(status, json.dumps(value), "application/json", headers)

    async def chunks(self, pieces, pause=0.0):
        for piece in pieces:
            self.write(b"%x\r\n%b\r\n" % (len(piece), piece))
            await self.writer.drain()
            await asyncio.sleep(pause)
        self.write(b"0\r\n\r\n")


# -- routes: `/name/argument/...`, with the rest of the path as arguments ------------------------------


async def at_echo(answer, *_):
    """What came in, as JSON."""
    answer.json(answer.request.canonical())


async def at_empty(answer, *_):
    answer.send()


async def at_response(answer, *_):
    """Whatever the query says: status, reason, header (`name:value`, several), type, body or hex."""
    pairs = parse_qsl(answer.request.query, keep_blank_values=True)
    options = dict(pairs)
    headers = [tuple(value.split(":", 1)) for key, value in pairs if key == "header"]
    body = (
        bytes.fromhex(options["hex"])
        if "hex" in options
        else options.get("body", "").encode()
    )
    status = int(options.get("status", 200))
    answer.send(status, body, options.get("type"), headers, options.get("reason"))


async def at_status(answer, status, *_):
    answer.json({"status": int(status)}, int(status))


async def at_redirect(answer, status, *_):
    """To `to`, which may be an address; or to nowhere, without a header that says where to."""
    to = answer.request.options.get("to", "/echo")
    answer.send(int(status), "moved", "text/plain", [("Location", to)] if to else [])


async def at_hops(answer, number, *_):
    status = int(answer.request.options.get("status", 302))
    to = f"/hops/{int(number) - 1}?status={status}" if int(number) > 1 else "/echo"
    answer.send(status, headers=[("Location", to)])


async def at_loop(answer, *_):
    answer.send(302, headers=[("Location", answer.request.path)])


async def at_cookies(answer, verb="show", *_):
    """`/cookies` shows them; `/cookies/set?name=value` sets and `/cookies/delete?name` forgets them."""
    options = dict(answer.request.options)
    to = options.pop("to", None)
    if verb == "show":
        answer.json(answer.request.cookies())
        return
    rest = "; Path=/" if verb == "set" else "; Path=/; Max-Age=0"
    headers = [
        ("Set-Cookie", f"{name}={value}{rest}") for name, value in options.items()
    ]
    if to:
        answer.send(302, headers=[*headers, ("Location", to)])
    else:
        answer.json(answer.request.cookies(), headers=headers)


async def at_basic(answer, user, password, *_):
    pair = f"{unquote(user)}:{unquote(password)}"
    expected = {
        "Basic " + base64.b64encode(pair.encode(encoding)).decode()
        for encoding in ENCODINGS
    }
    if answer.request.get("authorization") in expected:
        answer.json({"user": user})
    else:
        answer.send(
            401, "who?", "text/plain", [("WWW-Authenticate", 'Basic realm="here"')]
        )


ENCODINGS = ("utf-8", "latin-1")


async def at_digest(answer, user, password, *_):
    request = answer.request

    def hashed(text):
        return hashlib.md5(text.encode()).hexdigest()

    given = parse_digest(request.get("authorization", ""))
    if given:
        secret = hashed(f"{user}:{given.get('realm')}:{password}")
        what = hashed(f"{request.method}:{given.get('uri')}")
        middle = ":".join(
            given.get(part, "") for part in ("nonce", "nc", "cnonce", "qop")
        )
        if given.get("response") == hashed(f"{secret}:{middle}:{what}"):
            answer.json({"user": user})
            return
    challenge = (
        'Digest realm="here", nonce="abc", qop="auth", algorithm=MD5, opaque="def"'
    )
    answer.send(401, "who?", "text/plain", [("WWW-Authenticate", challenge)])


async def at_slow(answer, milliseconds, *_):
    """Headers come late."""
    await asyncio.sleep(int(milliseconds) / 1000)
    answer.json({"waited": int(milliseconds)})


async def at_slow_body(answer, milliseconds, *_):
    """The body comes in two parts, with a pause between them."""
    answer.head(
        200, [("Content-Type", "text/plain; charset=utf-8"), ("Content-Length", 10)]
    )
    answer.write(b"first")
    await answer.writer.drain()
    await asyncio.sleep(int(milliseconds) / 1000)
    answer.write(b"later")


async def at_drip(answer, number, *_):
    """Many parts, each after a short pause."""
    answer.head(
        200,
        [
            ("Content-Type", "text/plain; charset=utf-8"),
            ("Transfer-Encoding", "chunked"),
        ],
    )
    await answer.chunks([b"drop\n"] * int(number), 0.05)


async def at_truncated(answer, *_):
    """Ends before as much came as was promised."""
    answer.head(
        200, [("Content-Type", "text/plain; charset=utf-8"), ("Content-Length", 100)]
    )
    answer.write(b"only this")
    raise Close


async def at_broken_chunk(answer, *_):
    answer.head(
        200,
        [
            ("Content-Type", "text/plain; charset=utf-8"),
            ("Transfer-Encoding", "chunked"),
        ],
    )
    answer.write(b"5\r\nfirst\r\nnonsense\r\n")
    raise Close


async def at_no_answer(answer, *_):
    raise Close


async def at_no_http(answer, *_):
    answer.writer.write(b"this is not HTTP\r\n\r\n")
    raise Close


async def at_close(answer, *_):
    """The end of the connection is the end of the body."""
    answer.head(
        200, [("Content-Type", "text/plain; charset=utf-8"), ("Connection", "close")]
    )
    answer.write(b"until the end")
    raise Close


async def at_bytes(answer, number, *_):
    answer.send(
        200, (b"0123456789abcdef" * (int(number) // 16 + 1))[: int(number)], BINARY
    )


BINARY = "application/octet-stream"


async def at_stream(answer, number, *_):
    """Chunks of `size` bytes."""
    size = int(answer.request.options.get("size", 100))
    answer.head(200, [("Content-Type", BINARY), ("Transfer-Encoding", "chunked")])
    await answer.chunks(
        [bytes([65 + index % 26]) * size for index in range(int(number))], 0.005
    )


async def at_lines(answer, number, *_):
    kind = answer.request.options.get("type", "text/plain; charset=utf-8")
    end = answer.request.options.get("end", "\n")
    lines = "".join(f"line {index} \u00e4{end}" for index in range(int(number)))
    answer.head(200, [("Content-Type", kind), ("Transfer-Encoding", "chunked")])
    body = lines.encode()
    await answer.chunks([body[start : start + 7] for start in range(0, len(body), 7)])


async def at_compressed(answer, encoding, *_):
    """`gzip`, `deflate`, or `broken`, which says gzip and is not."""
    body = b"compressed text " * 20
    if encoding == "gzip":
        packer = zlib.compressobj(wbits=31)
        body = packer.compress(body) + packer.flush()
    elif encoding == "deflate":
        body = zlib.compress(body)
    name = "gzip" if encoding == "broken" else encoding
    answer.send(200, body, "text/plain; charset=utf-8", [("Content-Encoding", name)])


JSON = {
    "object": b'{"name": "caf\\u00e9", "list": [1, 2.5, null, true]}',
    "list": b"[1, 2, 3]",
    "text": b'"text"',
    "number": b"12345678901234567890",
    "null": b"null",
    "false": b"false",
    "nan": b"[NaN, Infinity]",
    "empty": b"",
    "broken": b'{"name": ',
    "html": b"<html></html>",
    "utf-8": '{"name": "caf\u00e9"}'.encode(),
    "utf-16": '{"name": "caf\u00e9"}'.encode("utf-16"),
    "bom": '{"name": "caf\u00e9"}'.encode("utf-8-sig"),
    "latin-1": '{"name": "caf\u00e9"}'.encode("latin-1"),
}


async def at_json(answer, name, *_):
    answer.send(200, JSON[name], answer.request.options.get("type", "application/json"))


async def at_text(answer, encoding, *_):
    """Text with accents in an encoding; the type is `type`, `text/plain` without a charset if none."""
    body = "na\u00efve caf\u00e9 \u20ac".encode(encoding, "replace")
    answer.send(200, body, answer.request.options.get("type", "text/plain"))


async def at_flaky(answer, number, *_):
    """503 the first times, then 200."""
    times = answer.run.count(answer.request.path)
    answer.json(
        {"times": times}, 503 if times <= int(number) else 200, [("Retry-After", "0")]
    )


async def at_etag(answer, *_):
    known = answer.request.get("if-none-match") == '"one"'
    answer.send(
        304 if known else 200,
        "tagged",
        "text/plain; charset=utf-8",
        [("ETag", '"one"')],
    )


async def at_connect(answer, *_):
    """A tunnel to nowhere."""
    answer.send(502)


# -- the protocol ------------------------------------------------------------------------------------


async def read_request(reader):
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    first, *lines = head[:-4].split("\r\n")
    method, target, _ = first.split(" ")
    headers = []
    for line in lines:
        name, _, value = line.partition(":")
        headers.append((name.lower(), value.strip()))
    known = dict(headers)
    body = b""
    if known.get("transfer-encoding", "").lower() == "chunked":
        while size := int((await reader.readline()).split(b";")[0], 16):
            body += await reader.readexactly(size)
            await reader.readline()
        await reader.readline()
    elif "content-length" in known:
        body = await reader.readexactly(int(known["content-length"]))
    return Request(method, target, headers, body)


def route(request):
    if request.method == "CONNECT":
        return at_connect, []
    name, *arguments = request.path.strip("/").split("/")
    return globals().get("at_" + name.replace("-", "_"), at_nowhere), arguments


async def at_nowhere(answer, *_):
    answer.send(404, "nothing is here", "text/plain; charset=utf-8")


async def serve(run, reader, writer):
    task = asyncio.current_task()
    run.tasks.add(task)
    try:
        while True:
            request = await read_request(reader)
            run.log.append(request.canonical())
            handler, arguments = route(request)
            await handler(Answer(request, writer, run), *arguments)
            await writer.drain()
            if request.get("connection", "").lower() == "close":
                raise Close
    except (Close, OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
        pass
    finally:
        run.tasks.discard(task)
        writer.close()


async def open_run():
    run = Run()
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(Path(__file__).parent / "server.pem")
    for secure in (None, context):
        server = await asyncio.start_server(
            lambda reader, writer: serve(run, reader, writer),
            "127.0.0.1",
            0,
            ssl=secure,
        )
        run.servers.append(server)
    return run


async def close_run(run):
    # Let in what was sent and is on its way.
    await asyncio.sleep(0.01)
    for server in run.servers:
        server.close()
    for task in list(run.tasks):
        task.cancel()
    return run.log


async def main():
    loop = asyncio.get_running_loop()
    # A client that does not like a certificate is no news.
    loop.set_exception_handler(lambda loop, context: None)
    commands = asyncio.StreamReader()
    await loop.connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(commands), sys.stdin
    )
    runs = {}
    while line := await commands.readline():
        verb, *arguments = json.loads(line)
        if verb == "open":
            run = await open_run()
            ports = [server.sockets[0].getsockname()[1] for server in run.servers]
            runs[ports[0]] = run
            said = ports
        else:
            said = await close_run(runs.pop(arguments[0]))
        print(json.dumps(said), flush=True)


if __name__ == "__main__":
    asyncio.run(main())
