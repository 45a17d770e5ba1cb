"""Runs the programs of `together/` in every way, and says what came of each.

    python together.py JOBS.json > RESULTS.json

A job is `{"name": ..., "folder": ..., "runs": [...]}`, and `main()` of `main.py` in the folder is run once
for each of `runs`: `{"fails": [...], "quick": [...], "cancel": "soon" or "late" or "limit" or null, "real": bool}`.

Time is the event loop's own, and passes only where everything waits, so that what happens when is the
same in every run, however busy the machine. One run of each program is by the real clock.
"""

import asyncio
import contextlib
import gc
import io
import json
import multiprocessing
import os
import runpy
import selectors
import signal
import sys
import time
import warnings
from pathlib import Path

import service

# In seconds, for all runs of one program.
LIMIT = 30
# What the service calls a second, by the real clock.
SECOND = 0.01
# More than there are processors, since by the real clock programs wait most of the time.
AT_ONCE = 2 * (os.cpu_count() or 1)


class Leap(selectors.DefaultSelector):
    """Where nothing happens until some time, it is that time."""

    now = 0.0

    def select(self, timeout=None):
        events = super().select(0)
        if not events:
            if timeout is None:
                raise RuntimeError("it waits for something that never comes")
            self.now += max(timeout, 0)
        return events


class LeapingLoop(asyncio.SelectorEventLoop):
    def __init__(self):
        self.leap = Leap()
        super().__init__(self.leap)
        self._clock_resolution = 1e-9

    def time(self):
        return self.leap.now


def play(path, run, passed_before):
    """One run of a program: what it printed, how it ended, what the service saw, what was left."""
    loop = asyncio.new_event_loop() if run["real"] else LeapingLoop()
    asyncio.set_event_loop(loop)
    service.current = service.Service(run["fails"], run["quick"], SECOND if run["real"] else 1.0)
    troubles = []
    loop.set_exception_handler(lambda _, context: troubles.append(context["message"]))
    out = io.StringIO()
    with contextlib.redirect_stdout(out), warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        program = runpy.run_path(path, run_name="program")
        start = time.perf_counter()
        ended = until_complete(loop, program["main"](), run["cancel"], passed_before)
        wall = time.perf_counter() - start
        passed = loop.time()
        # Generators that were left early are closed by a task.
        for _ in range(3):
            loop.run_until_complete(asyncio.sleep(0))
        left = asyncio.all_tasks(loop)
        events = list(service.current.events)
        at_once = service.current.at_once
        for task in left:
            task.cancel()
        loop.run_until_complete(asyncio.wait(left)) if left else None
        number = len(left)
        del left, program
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()
        gc.collect()
    troubles += [str(warning.message) for warning in warned]
    return {
        "stdout": out.getvalue(),
        "ended": ended,
        "events": events,
        "at_once": at_once,
        "left": number,
        "troubles": troubles,
        "passed": round(passed, 6),
        "wall": round(wall, 4),
    }


def until_complete(loop, coroutine, cancel, passed_before):
    # The first calls are under way, or most of what there is to do is done.
    after = 0.6 * passed_before if cancel == "late" else 0.5
    if cancel == "limit":
        coroutine = asyncio.wait_for(coroutine, after)
    main = loop.create_task(coroutine)
    if cancel in ("soon", "late"):
        loop.call_later(after, main.cancel)
    try:
        loop.run_until_complete(main)
    except BaseException as error:
        return describe(error)
    return ""


def describe(error):
    """An error, and those that a group of errors is made of."""
    name = type(error).__name__
    inner = getattr(error, "exceptions", None)
    if inner is not None:
        return f"{name}: {', '.join(map(describe, inner))}"
    return f"{name}: {error}"


def too_long(*_):
    raise TimeoutError("it takes too long")


def play_all(job):
    signal.signal(signal.SIGALRM, too_long)
    signal.alarm(LIMIT)
    os.chdir(job["folder"])
    outcomes = []
    for run in job["runs"]:
        outcomes.append(play("main.py", run, outcomes[0]["passed"] if outcomes else 0))
    signal.alarm(0)
    return {"name": job["name"], "outcomes": outcomes}


def main():
    jobs = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    gc.freeze()
    with multiprocessing.get_context("fork").Pool(AT_ONCE) as pool:
        json.dump(pool.map(play_all, jobs, chunksize=1), sys.stdout)


if __name__ == "__main__":
    main()
