"""Run asyncfix over a corpus and check what must hold on any code.

Each folder directly below a corpus is a package and is checked by itself, in
two scratch copies of its .py files:

1. `asyncfix --diff` gives a diff, which `git apply` takes on the second copy.
2. `asyncfix --write --accept-review` changes the first copy to the same bytes.
3. A second `asyncfix --diff` finds nothing more to change.
4. No run panics, blames itself, or exits with anything but 0, or 2 for files
   that it says it skipped.
5. What CPython's `compile` took before, it takes after.

The diff is made in one thread and the write in several, so 2 also tells whether
the outcome depends on the number of threads. The copies are hard links, since
asyncfix and git replace files and never write into them; that is checked as well.

The interpreter that runs this script does the compiling; take the newest one,
or it will refuse the newest syntax before asyncfix has touched it.
"""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).resolve().parent
# How long one command may take over one package.
SECONDS = 900
# Neither the user's settings nor a repository around the scratch folder may change what git does.
ENVIRONMENT = {
    **os.environ,
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CEILING_DIRECTORIES": tempfile.gettempdir(),
}
OWN_MISTAKES = re.compile(r"failed on it|please report|panicked at")
SKIPPED = re.compile(r"^warning: (?P<path>.*?)(?::\d+:\d+)?: does not parse: ", re.MULTILINE)

# Reads paths, one in each line, and answers with the complaint or null for each. It is a process of
# its own because hostile source can take the compiler down.
COMPILE = """
import json, sys
for line in sys.stdin:
    try:
        with open(json.loads(line), "rb") as file:
            compile(file.read(), "<checked>", "exec", dont_inherit=True)
        print("null", flush=True)
    except Exception as error:
        print(json.dumps(f"{type(error).__name__}: {error}"), flush=True)
"""


@dataclass
class Report:
    """What came out of one package."""

    package: str
    files: int = 0
    changed: int = 0
    hunks: int = 0
    warnings: int = 0
    violations: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def violation(self, what: str) -> None:
        self.violations.append(f"{self.package}: {what}")


def run(command: list[str | Path], folder: Path, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    """Run a command in a folder; one that takes too long counts as failed."""
    try:
        return subprocess.run(command, cwd=folder, input=stdin, capture_output=True, timeout=SECONDS, env=ENVIRONMENT)
    except subprocess.TimeoutExpired:
        return subprocess.CompletedProcess(command, -1, b"", b"took more than %d seconds" % SECONDS)


def python_files(package: Path) -> Iterator[Path]:
    """Yield the Python files below a folder, relative to it."""
    for folder, _, names in os.walk(package):
        for name in names:
            path = Path(folder, name)
            if name.endswith(".py") and path.is_file() and not path.is_symlink():
                yield path.relative_to(package)


def link_or_copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        target.hardlink_to(source)
    except OSError:
        shutil.copy2(source, target)


def state(file: Path) -> tuple[int, ...]:
    """What differs once a file has been written to."""
    status = file.stat()
    return status.st_ino, status.st_mode, status.st_size, status.st_mtime_ns


def complaints(files: list[Path]) -> list[str | None]:
    """Return what CPython has against each of the files, which may be nothing."""
    answers: list[str | None] = []
    while len(answers) < len(files):
        paths = "".join(json.dumps(str(path)) + "\n" for path in files[len(answers) :])
        done = run([sys.executable, "-I", "-W", "ignore", "-c", COMPILE], HERE, paths.encode())
        answers += map(json.loads, done.stdout.splitlines())
        if len(answers) < len(files):
            answers.append(f"the interpreter died on it ({done.returncode})")
    return answers


def asyncfix(report: Report, options: list[str], binary: Path, folder: Path) -> subprocess.CompletedProcess[bytes]:
    """Run asyncfix over a folder and check how it ended."""
    done = run([binary, "--isolated", "--color=never", *options, "."], folder)
    stderr = done.stderr.decode(errors="replace")
    name = " ".join(["asyncfix", *options])
    warnings = sum(line.startswith("warning: ") for line in stderr.splitlines())
    report.warnings = max(report.warnings, warnings)
    if done.returncode != (2 if warnings else 0):
        report.violation(f"`{name}` exited with {done.returncode}: {stderr.strip()[-300:]}")
    for line in filter(OWN_MISTAKES.search, stderr.splitlines()):
        report.violation(f"`{name}` said: {line}")
    return done


def check(package: Path, binary: Path, diff_out: Path | None) -> Report:
    """Check one package."""
    report = Report(package.name)
    files = sorted(python_files(package))
    report.files = len(files)
    states = [state(package / file) for file in files]
    with tempfile.TemporaryDirectory(prefix="check-corpus-") as scratch:
        written, patched = Path(scratch, "written"), Path(scratch, "patched")
        for copy in (written, patched):
            copy.mkdir()
            for file in files:
                link_or_copy(package / file, copy / file)

        shown = asyncfix(report, ["--diff", "--jobs=1"], binary, written)
        diff = shown.stdout
        report.hunks = len(re.findall(rb"^@@ ", diff, re.MULTILINE))
        if diff and diff_out:
            (diff_out / f"{package.name}.diff").write_bytes(diff)
        if diff:
            applied = run(["git", "apply", "--whitespace=nowarn", "-"], patched, diff)
            if applied.returncode != 0:
                report.violation(f"`git apply` refused the diff: {applied.stderr.decode(errors='replace').strip()}")
        asyncfix(report, ["--write", "--accept-review"], binary, written)
        again = asyncfix(report, ["--diff"], binary, written).stdout
        if again:
            excerpt = again[:600].decode(errors="replace")
            report.violation(f"a second run still changes something:\n{excerpt}")

        changed = compare(report, package, files, written, patched)
        before = complaints([package / file for file in changed])
        after = complaints([written / file for file in changed])
        for file, old, new in zip(changed, before, after, strict=True):
            if new and not old:
                report.violation(f"{file}: compiled before, and now: {new}")

    report.changed = len(changed)
    if [state(package / file) for file in files] != states:
        report.violation("files of the corpus itself were changed: fetch the package again")
    refused = [Path(path) for path in SKIPPED.findall(shown.stderr.decode(errors="replace"))]
    for file, complaint in zip(refused, complaints([package / file for file in refused]), strict=True):
        if complaint is None:
            report.notes.append(f"{package.name}: {file}: skipped as unparsable, but CPython compiles it")
    return report


def compare(report: Report, package: Path, files: list[Path], written: Path, patched: Path) -> list[Path]:
    """Compare the two copies with each other; return the files in which the first differs from the corpus."""
    for copy in (written, patched):
        if surplus := {path.relative_to(copy) for path in copy.rglob("*") if path.is_file()} ^ set(files):
            report.violation(f"files appeared or vanished: {sorted(map(str, surplus))}")
    changed = []
    for file in files:
        one, other, original = written / file, patched / file, package / file
        if one.samefile(original) and other.samefile(original):
            continue
        after = one.read_bytes()
        if after != other.read_bytes():
            report.violation(f"{file}: the diff and --write differ")
        if after != original.read_bytes():
            changed.append(file)
    return changed


def table(reports: list[Report]) -> str:
    """The packages in which something happened, and the sum of all."""
    heads = ["package", "files", "changed", "hunks", "warnings", "violations"]
    total = [f"all {len(reports)}", *(sum(row) for row in zip(*map(numbers, reports)))]
    rows = [[report.package, *numbers(report)] for report in reports if report.hunks or report.violations]
    cells = [[str(cell) for cell in row] for row in [heads, *rows, total]]
    widths = [max(map(len, column)) for column in zip(*cells)]
    return "\n".join(
        "  ".join(cell.rjust(width) if at else cell.ljust(width) for at, (cell, width) in enumerate(zip(row, widths))) for row in cells
    )


def numbers(report: Report) -> list[int]:
    return [report.files, report.changed, report.hunks, report.warnings, len(report.violations)]


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "corpus",
        type=Path,
        nargs="*",
        default=[HERE.parent / "target/corpus"],
        help="folders with one folder for each package (default: target/corpus)",
    )
    parser.add_argument(
        "--binary",
        type=Path,
        default=HERE.parent / "target/release/asyncfix",
        help="the asyncfix to check (default: target/release/asyncfix)",
    )
    parser.add_argument("--only", metavar="GLOB", default="*", help="only packages whose folder's name matches, as in 'aio*'")
    parser.add_argument("--diff-out", type=Path, metavar="DIR", help="keep each package's diff in this folder")
    parser.add_argument("--workers", type=int, default=2, metavar="N", help="packages to check at the same time (default: 2)")
    return parser.parse_args()


def main() -> int:
    arguments = parse_arguments()
    binary = arguments.binary.resolve()
    if not os.access(binary, os.X_OK):
        raise SystemExit(f"{binary} is not there: build it with `cargo build --release`, or name another with --binary")
    packages = sorted(folder for corpus in arguments.corpus for folder in corpus.glob(arguments.only) if folder.is_dir())
    if not packages:
        raise SystemExit("no packages: fetch some with benches/corpus.py")
    if arguments.diff_out:
        arguments.diff_out.mkdir(parents=True, exist_ok=True)
    reports = []
    with ThreadPoolExecutor(arguments.workers) as pool:
        for report in pool.map(lambda package: check(package, binary, arguments.diff_out), packages):
            reports.append(report)
            print(f"[{len(reports)}/{len(packages)}] {report.package}: {len(report.violations)} violations", file=sys.stderr, flush=True)
    print(table(reports))
    for title, lines in (
        ("Worth a look", [note for report in reports for note in report.notes]),
        ("Violations", [violation for report in reports for violation in report.violations]),
    ):
        if lines:
            print(f"\n{title}:", *lines, sep="\n")
    return 1 if any(report.violations for report in reports) else 0


if __name__ == "__main__":
    raise SystemExit(main())
