"""Runs programs of `modern/` under the Python that runs this, whichever that is, and says what came of each.

    python modern.py JOBS.json > OUTCOMES.json

A job is `{"name": ..., "folder": ...}`. Each has a process of its own, which is forked after what takes long
to import. This file itself has to do with what Python 3.6 knows.
"""

import asyncio
import gc
import json
import os
import runpy
import signal
import sys
import tempfile
import traceback
import warnings

# In seconds, for one program.
LIMIT = 60


def play(folder):
    """The status with which a program ends, as a process would have it."""
    signal.alarm(LIMIT)
    # Names of old forms are deprecated; what nobody awaits is an error.
    warnings.simplefilter("ignore")
    warnings.simplefilter("always", RuntimeWarning)
    file = os.path.join(folder, "main.py")
    sys.argv = [file]
    sys.path[0] = folder
    status = 0
    try:
        runpy.run_path(file, run_name="__main__")
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:
        traceback.print_exc()
        status = 1
    gc.collect()
    return status


def run(job):
    with tempfile.TemporaryFile() as stdout, tempfile.TemporaryFile() as stderr:
        child = os.fork()
        if child == 0:
            status = 99
            try:
                os.dup2(stdout.fileno(), 1)
                os.dup2(stderr.fileno(), 2)
                status = play(job["folder"])
                sys.stdout.flush()
                sys.stderr.flush()
            finally:
                os._exit(status)
        _, ended = os.waitpid(child, 0)
        said = []
        for stream in (stdout, stderr):
            stream.seek(0)
            said.append(stream.read().decode("utf-8", "replace"))
    return {"name": job["name"], "stdout": said[0], "stderr": said[1], "ended": ended}


with open(sys.argv[1]) as file:
    jobs = json.load(file)
json.dump([run(job) for job in jobs], sys.stdout)
