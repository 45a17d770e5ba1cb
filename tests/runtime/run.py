"""Runs programs of `requests/`, several at a time, and says what came of each.

    python -W error::RuntimeWarning run.py JOBS.json > RESULTS.json

A job is `{"name": ..., "folder": ...}`, and `main.py` in the folder is run. The libraries are imported
once, and every program is a fork of that process, since starting Python and importing them takes longer
than most programs run.
"""

import atexit
import gc
import importlib
import json
import os
import runpy
import signal
import subprocess
import sys
import tempfile
import threading
import time
import traceback
from pathlib import Path

HERE = Path(__file__).parent
LIBRARIES = ["requests", "httpx", "httpx2", "aiohttp", "niquests"]
# What they would import with the first request, in every program anew.
LATER = [
    "anyio._backends._asyncio",
    "httpcore",
    "httpcore2",
    "truststore",
    "concurrent.futures.thread",
]
# In seconds, for one program.
LIMIT = 30
# More than there are processors, since programs wait most of the time.
AT_ONCE = 2 * (os.cpu_count() or 1) + 2


class Server:
    def __init__(self):
        command = [sys.executable, str(HERE / "server.py")]
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True)

    def ask(self, *words):
        self.process.stdin.write(json.dumps(words) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())


class Running:
    def __init__(self, job, server):
        self.job = job
        self.server = server
        self.port, self.secure_port = server.ask("open")
        self.out = tempfile.TemporaryFile()
        self.err = tempfile.TemporaryFile()
        self.start = time.monotonic()
        sys.stdout.flush()
        self.pid = os.fork()
        if self.pid == 0:
            self.become_the_program()

    def become_the_program(self):
        os.setpgid(0, 0)
        for file, number in ((self.out, 1), (self.err, 2)):
            os.dup2(file.fileno(), number)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.chdir(self.job["folder"])
        os.environ["BASE_URL"] = f"http://127.0.0.1:{self.port}"
        os.environ["OTHER_HOST_URL"] = f"http://localhost:{self.port}"
        os.environ["SECURE_URL"] = f"https://127.0.0.1:{self.secure_port}"
        os.environ["CERTIFICATE"] = str(HERE / "certificate.pem")
        sys.argv = ["main.py"]
        sys.path[0] = self.job["folder"]
        # What the parent left to do is not the program's.
        atexit._clear()
        status = 0
        try:
            runpy.run_path("main.py", run_name="__main__")
        except SystemExit as end:
            status = (
                end.code if isinstance(end.code, int) else int(end.code is not None)
            )
        except BaseException:
            traceback.print_exc()
            status = 1
        try:
            threading._shutdown()
            # Coroutines that were never awaited say so when they are collected.
            gc.collect()
            sys.stdout.flush()
            sys.stderr.flush()
        finally:
            os._exit(status)

    def end(self, status):
        """What came of it; `status` is None where the time was over."""
        seconds = time.monotonic() - self.start
        if status is None:
            os.killpg(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        log = self.server.ask("close", self.port)
        return {
            "name": self.job["name"],
            "status": status,
            "stdout": self.read(self.out),
            "stderr": self.read(self.err),
            "log": [json.loads(self.without_ports(json.dumps(entry))) for entry in log],
            "seconds": round(seconds, 3),
        }

    def read(self, file):
        with file:
            file.seek(0)
            return self.without_ports(file.read().decode("utf-8", "backslashreplace"))

    def without_ports(self, text):
        """Ports are others in every run."""
        for port, name in ((self.port, "PORT"), (self.secure_port, "SECURE_PORT")):
            text = text.replace(f":{port}", f":{name}").replace(
                f"%3A{port}", f"%3A{name}"
            )
        return text


def run_all(jobs, server):
    results, running = [], {}
    waiting = list(reversed(jobs))
    while waiting or running:
        while waiting and len(running) < AT_ONCE:
            new = Running(waiting.pop(), server)
            running[new.pid] = new
        pid, status = os.waitpid(-1, os.WNOHANG)
        if pid in running:
            results.append(running.pop(pid).end(os.waitstatus_to_exitcode(status)))
            continue
        now = time.monotonic()
        for each in [each for each in running.values() if now - each.start > LIMIT]:
            results.append(running.pop(each.pid).end(None))
        time.sleep(0.003)
    return results


def run(jobs):
    """What came of programs, with a server of their own."""
    server = Server()
    for name in LIBRARIES + LATER:
        try:
            importlib.import_module(name)
        except ImportError:
            pass
    # Nothing that was imported is looked at again by the collector of every fork.
    gc.freeze()
    results = run_all(jobs, server)
    server.process.stdin.close()
    server.process.wait()
    return results


def main():
    jobs = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    json.dump(run(jobs), sys.stdout)


if __name__ == "__main__":
    main()
