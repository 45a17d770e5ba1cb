"""Bulk jobs over hundreds of repositories made from packages: killed, undone, cut into shards, measured.

    python3 benches/bulk.py target/release/asyncfix target/corpus --repositories 200 --kills 50 --seed 1

Packages are copied into a folder of their own, a git repository each; where there are fewer packages than
repositories are asked for, the smaller ones are used again. `--ruff` names a ruff to loop over the same
repositories. Everything that is said to hold is asserted.
"""

import argparse
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from hashlib import sha256
from pathlib import Path

GIT = ["git", "-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "core.autocrlf=false", "-c", "gc.auto=0"]


def size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file() and not path.is_symlink())


def make(corpus: Path, into: Path, number: int, most: int) -> None:
    sizes = {folder: size(folder) for folder in sorted(corpus.iterdir()) if folder.is_dir()}
    packages = [folder for folder, total in sizes.items() if 0 < total < most]
    if not packages:
        sys.exit(f"no package in {corpus} is smaller than {most} bytes")
    for index in range(number):
        package = packages[index % len(packages)]
        target = into / f"{index:04}-{package.name}"
        shutil.copytree(package, target, symlinks=True, ignore=shutil.ignore_patterns(".git"))
        for arguments in (["init", "--quiet"], ["add", "--all", "--force"], ["commit", "--quiet", "--message=one"]):
            subprocess.run([*GIT, *arguments], cwd=target, check=True)


def digests(folder: Path) -> dict[str, str]:
    found = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file() and ".git" not in path.relative_to(folder).parts:
            found[str(path.relative_to(folder))] = sha256(path.read_bytes()).hexdigest()
    return found


class Job:
    def __init__(self, program: str, folder: Path, name: str, leave: str, repositories: str) -> None:
        self.program = program
        self.file = folder / f"{leave}-{repositories}.toml"
        self.file.write_text(f'repositories = ["{repositories}/*"]\nleave = "{leave}"\nsafety = "review"\n')
        self.output = folder / name

    def command(self, verb: str, *more: str) -> list[str]:
        return [self.program, "bulk", verb, str(self.file), "--output", str(self.output), *more]

    def run(self, verb: str, *more: str) -> str:
        done = subprocess.run(self.command(verb, *more), capture_output=True, text=True)
        if done.returncode not in (0, 2) or "panicked" in done.stderr:
            sys.exit(f"{verb}: {done.returncode}: {done.stderr}")
        return done.stdout

    def report(self) -> str:
        return self.run("report", "--format", "json", "--without-times")


def killed(job: Job, kills: int, longest: float, seed: int, *more: str) -> None:
    moments = random.Random(seed)
    for _ in range(kills):
        child = subprocess.Popen(job.command("run", *more), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(moments.uniform(0.01, longest))
        child.kill()
        child.wait()
    job.run("run", *more)


def peak(job: Job) -> int:
    """The most memory that the process of the job itself had at a time, in KiB."""
    child = subprocess.Popen(job.command("run"), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    most = 0
    while child.poll() is None:
        try:
            status = Path(f"/proc/{child.pid}/status").read_text()
        except OSError:
            break
        lines = [line for line in status.splitlines() if line.startswith("VmHWM:")]
        most = max(most, *(int(line.split()[1]) for line in lines), 0)
        time.sleep(0.05)
    child.wait()
    return most


def apply_patches(job: Job, scratch: Path) -> int:
    applied = 0
    for row in json.loads(job.report())["rows"]:
        if not row["patches"]:
            continue
        clone = scratch / "clone"
        subprocess.run(["git", "clone", "--quiet", "--shared", row["place"], str(clone)], check=True)
        for patch in row["patches"]:
            path = job.output / "repositories" / row["repository"] / patch
            subprocess.run([*GIT, "am", "--quiet", "--keep-cr", str(path)], cwd=clone, check=True)
            applied += 1
        for path, blob in row["outcome"]["blobs"].items():
            found = subprocess.run(["git", "rev-parse", f"HEAD:{path}"], cwd=clone, capture_output=True, text=True)
            assert found.stdout.strip() == blob, (row["place"], path)
        shutil.rmtree(clone)
    return applied


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("program")
    arguments.add_argument("corpus", type=Path)
    arguments.add_argument("--repositories", type=int, default=200)
    arguments.add_argument("--kills", type=int, default=50)
    arguments.add_argument("--seed", type=int, default=1)
    arguments.add_argument("--largest", type=int, default=4_000_000, help="bytes of a package")
    arguments.add_argument("--memory", type=int, default=0, help="repositories of one small file, for peak memory")
    arguments.add_argument("--ruff")
    given = arguments.parse_args()
    program = os.path.abspath(given.program)
    with tempfile.TemporaryDirectory(prefix="bulk-") as name:
        folder = Path(name)
        (folder / "r").mkdir()
        make(given.corpus, folder / "r", given.repositories, given.largest)
        whole = Job(program, folder, "whole", "worktree", "r")
        before = digests(folder / "r")
        start = time.monotonic()
        whole.run("run")
        took = time.monotonic() - start
        rows = json.loads(whole.report())["rows"]
        files = sum(row["outcome"]["files"] for row in rows)
        failed = [row["place"] + ": " + row["failed"] for row in rows if row["failed"]]
        print(f"{len(rows)} repositories, {files} files: {took:.1f} s, {files / took:.0f} files/s; failed: {failed}")
        after = digests(folder / "r")
        whole.run("undo")
        assert digests(folder / "r") == before, "undo"
        print(f"patches that apply in fresh clones: {apply_patches(whole, folder)}")

        one = Job(program, folder, "killed", "worktree", "r")
        killed(one, given.kills, 2 * took / max(given.kills, 1), given.seed)
        assert digests(folder / "r") == after, "killed: work trees"
        assert digests(one.output / "repositories") == digests(whole.output / "repositories"), "killed: results"
        assert one.report() == whole.report(), "killed: report"
        one.run("undo")
        assert digests(folder / "r") == before, "killed: undo"
        print(f"killed {given.kills} times: the same bytes, and undone")

        plain = Job(program, folder, "plain", "patches", "r")
        plain.run("run")
        parts = Job(program, folder, "parts", "patches", "r")
        killed(parts, 1, took / 4, given.seed, "--shard", "2/4")
        shards = [
            subprocess.Popen(parts.command("run", "--shard", f"{shard}/4"), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            for shard in (1, 3, 4)
        ]
        for shard in shards:
            shard.wait()
        parts.run("merge")
        assert digests(parts.output / "repositories") == digests(plain.output / "repositories"), "shards: results"
        assert parts.report() == plain.report(), "shards: report"
        print("4 shards, one of them killed: the same patches and report")

        if given.ruff:
            start = time.monotonic()
            for repository in sorted((folder / "r").iterdir()):
                subprocess.run([given.ruff, "check", "--no-cache", "--isolated", "--quiet", "--select", "ASYNC", "--exit-zero", "."], cwd=repository, stdout=subprocess.DEVNULL)
            took = time.monotonic() - start
            print(f"ruff check, looped: {took:.1f} s, {files / took:.0f} files/s")

        peaks = []
        for number in (given.memory, 10 * given.memory) if given.memory else ():
            (folder / f"m{number}").mkdir()
            small = folder / "small"
            (small / "package").mkdir(parents=True, exist_ok=True)
            (small / "package" / "app.py").write_text("import time\n\n\nasync def tick():\n    time.sleep(1)\n")
            make(small, folder / f"m{number}", number, given.largest)
            peaks.append(peak(Job(program, folder, f"memory{number}", "patches", f"m{number}")))
        if peaks:
            print(f"peak memory of {given.memory} and of ten times as many: {peaks[0]} and {peaks[1]} KiB")
            assert peaks[1] <= 1.2 * peaks[0], "memory"


main()
