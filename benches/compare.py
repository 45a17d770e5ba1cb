"""Compare what asyncfix, hydroid and ruff find blocking in coroutines.

Runs all three over the trees named on the command line, one after the other, and
prints Markdown tables of

- what each run took, and how many findings it gave;
- how findings agree by place, for asyncfix beside each of the others.

Two findings are at the same place if they are in the same file and begin on the
same line, or if one begins on a line that the other, asyncfix's, covers. What the
tools say about the place does not matter, so a pair may be of different kinds, and
several findings of one tool may be at the place of a single one of another. That
is why both sides of a table are counted: "also ..." is how many of the findings
to its left are at the place of any finding of the other tool.

A finding is `direct` if the blocking call stands in the coroutine, and `chain` if
functions of the project stand between them; its place is in the coroutine in
either case. `findings` is all that a tool printed, `blocking` what of it is about
blocking calls and goes into the other tables: not other transforms of asyncfix, nor
codes of ruff below ASYNC200. `ends` is at how many calls these findings end.

hydroid takes its time over large trees: with --keep DIR its output and ruff's stay
in a folder and are taken from there the next time. asyncfix always runs.

No tool sees installed packages, reads a user's settings or keeps a cache. hydroid
alone has no way to ignore the `pyproject.toml` of the tree, and takes from it the
version of Python, on which its answers depend. A peak of less than some 20 MB is
that of this script. Needs a POSIX system.
"""

import argparse
import json
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

HERE = Path(__file__).resolve().parent
# How long one run may take.
SECONDS = 3600

# How many rows a table of what blocks has.
BLOCKERS = 40

KINDS = ["sleep", "http", "network", "subprocess", "file", "input", "lock", "database", "chain", "other"]
# Of what kind the findings of each transform are; `chain` is refined by what stands at its end.
TRANSFORMS = {
    "blocking-sleep": "sleep",
    "blocking-http": "http",
    "blocking-network": "network",
    "blocking-subprocess": "subprocess",
    "blocking-file": "file",
    "blocking-input": "input",
    "blocking-lock": "lock",
    "blocking-database": "database",
    "blocking-chain": "chain",
}
# hydroid's categories. It files `input` under `file`.
CATEGORIES = {
    "sleep": "sleep",
    "http": "http",
    "network": "network",
    "subprocess": "subprocess",
    "file": "file",
    "synchronization": "lock",
    "database": "database",
}
# ruff's codes from ASYNC200 on are about blocking calls; one that is not listed is of another kind.
CODES = {
    "ASYNC210": "http",
    "ASYNC212": "http",
    "ASYNC220": "subprocess",
    "ASYNC221": "subprocess",
    "ASYNC222": "subprocess",
    "ASYNC230": "file",
    "ASYNC240": "file",
    "ASYNC250": "input",
    "ASYNC251": "sleep",
}
# The kind of a call by the name of what is called; the first pattern that fits.
NAMES = {
    r"(builtins\.)?input": "input",
    r"time\.sleep": "sleep",
    r"(subprocess|pty)\..*|os\.(system|popen|wait|spawn|posix_spawn).*": "subprocess",
    r"(requests|httpx|urllib|urllib3|http\.client)\..*": "http",
    r"_?(socket|ssl|smtplib|ftplib|imaplib|poplib|telnetlib|xmlrpc|paramiko)\..*": "network",
    r"_?(sqlite3|psycopg2?|pymysql|MySQLdb|pymongo|redis|sqlalchemy|peewee|cx_Oracle|oracledb)\..*": "database",
    r"_?(threading|thread|queue|multiprocessing)\..*|concurrent\.futures\..*": "lock",
    r"(builtins\.)?open|(os|io|pathlib|shutil|tempfile|glob|zipfile|tarfile|gzip|bz2|lzma|posixpath|genericpath|fileinput)\..*": "file",
}

QUOTED = re.compile(r"`([^`(]+)[^`]*`")


class Place(NamedTuple):
    """A line of a file of a tree."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


@dataclass(frozen=True)
class Finding:
    """A blocking call in a coroutine, whoever found it."""

    tree: str
    place: Place
    column: int
    # The last line that it covers.
    end: int
    kind: str
    depth: str
    message: str
    # What blocks, and where it is called.
    blocker: str
    blocked: Place
    # From the coroutine to the blocking call.
    steps: tuple[tuple[Place, str], ...] = ()


@dataclass
class Cost:
    """What one run took."""

    wall: float
    peak: float
    exit_code: int


@dataclass
class Tool:
    """A tool, and how its output is read."""

    name: str
    binary: Path
    arguments: list[str]
    # Yields a finding for each row about a blocking call.
    read: Callable[[Any, Path], Iterator[Finding]]
    # The rows of an output, whatever they are about.
    rows: Callable[[Any], list[Any]] = list

    @property
    def version(self) -> str:
        done = subprocess.run([self.binary, "--version"], capture_output=True, text=True, check=True)
        return done.stdout.split()[-1]


@dataclass
class Compared:
    """Everything of one tool, by tree."""

    tool: Tool
    version: str
    costs: dict[str, Cost] = field(default_factory=dict)
    findings: dict[str, list[Finding]] = field(default_factory=dict)
    # How many findings it printed, whatever they are about.
    rows: dict[str, int] = field(default_factory=dict)
    left_out: int = 0

    def printed(self, folder: Path, tree: Path) -> Path:
        """Where its output for a tree is."""
        return folder / f"{tree.name}.{self.tool.name}-{self.version}.json"

    def all(self) -> list[Finding]:
        return [finding for findings in self.findings.values() for finding in findings]


def inside(path: str, tree: Path) -> str:
    """A path as printed by a tool that ran in the tree, relative to the tree."""
    return os.path.relpath(tree / path, tree)


def kind_of(name: str) -> str | None:
    """The kind of a call by the name of what is called, as far as that tells it."""
    return next((kind for pattern, kind in NAMES.items() if re.fullmatch(pattern, name)), None)


def read_asyncfix(rows: Any, tree: Path) -> Iterator[Finding]:
    for row in rows:
        if not row["transform"].startswith("blocking-"):
            continue
        place = Place(inside(row["file"], tree), row["line"])
        steps = tuple(
            (Place(inside(step.get("file", row["file"]), tree), step["line"]), step.get("message") or step.get("note", ""))
            for step in row.get("chain", ())
        )
        blocked, said = steps[-1] if steps else (place, row["message"])
        # Names are quoted like code. The blocking call is the last that has one.
        names = QUOTED.findall(said) or QUOTED.findall(row["message"])
        blocker = next(filter(kind_of, reversed(names)), names[-1] if names else said)
        kind, depth = TRANSFORMS.get(row["transform"], "other"), "direct"
        if kind == "chain":
            kind, depth = kind_of(blocker) or kind, "chain"
        yield Finding(tree.name, place, row["column"], row["end"]["line"], kind, depth, row["message"], blocker, blocked, steps)


def read_hydroid(printed: Any, tree: Path) -> Iterator[Finding]:
    for row in printed["diagnostics"]:
        sink = row["sink"]
        steps = tuple((hydroid_place(step["location"], tree), step["callee"]) for step in row["chain"])
        kind = CATEGORIES.get(sink["category"], "other")
        if kind_of(sink["qualname"]) == "input":
            kind = "input"
        place = hydroid_place(row["location"], tree)
        blocked = steps[-1][0] if steps else place
        depth = "chain" if len(steps) > 1 else "direct"
        message = f"`{sink['qualname']}` blocks the event loop ({row['severity']})"
        yield Finding(tree.name, place, row["location"]["column"], place.line, kind, depth, message, sink["qualname"], blocked, steps)


def hydroid_place(location: Any, tree: Path) -> Place:
    return Place(inside(location["path"], tree), location["line"])


def read_ruff(rows: Any, tree: Path) -> Iterator[Finding]:
    for row in rows:
        # Rows without a code are about files that do not parse.
        if not (row["code"] or "").startswith("ASYNC2"):
            continue
        place = Place(inside(row["filename"], tree), row["location"]["row"])
        kind = CODES.get(row["code"], "other")
        message = f"{row['code']} {row['message']}"
        yield Finding(tree.name, place, row["location"]["column"], place.line, kind, "direct", message, row["code"], place)


def run(tool: Tool, tree: Path, printed: Path) -> Cost:
    """Run a tool in a tree, with its output to a file, and measure it."""
    with printed.open("wb") as stdout, tempfile.TemporaryFile() as stderr:
        command = [tool.binary, *tool.arguments]
        start = time.perf_counter()
        # With nothing in its environment hydroid finds neither an interpreter nor packages.
        process = subprocess.Popen(command, cwd=tree, stdin=subprocess.DEVNULL, stdout=stdout, stderr=stderr, env={})
        limit = threading.Timer(SECONDS, process.kill)
        limit.start()
        try:
            # The only way to learn what this child took, and no other.
            _, status, usage = os.wait4(process.pid, 0)
        finally:
            limit.cancel()
        wall = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        stderr.seek(0)
        complaint = stderr.read().decode(errors="replace").strip()
    # 2 is what asyncfix says when it skipped a file; it has printed the rest.
    if process.returncode not in (0, 1, 2) or not printed.stat().st_size:
        raise SystemExit(f"{tool.name} failed on {tree} with exit code {process.returncode}: {complaint[-500:]}")
    return Cost(wall, usage.ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10), process.returncode)


def measure(tool: Tool, tree: Path, rounds: int, printed: Path) -> Cost:
    """What a tool takes in a tree: the fastest time, the highest memory. A file beside its output remembers it."""
    remembered = printed.with_suffix(".cost")
    if tool.name != "asyncfix" and remembered.is_file():
        return Cost(**json.loads(remembered.read_bytes()))
    costs = [run(tool, tree, printed) for _ in range(rounds)]
    cost = replace(min(costs, key=lambda cost: cost.wall), peak=max(cost.peak for cost in costs))
    # Last, so that an interrupted run is not taken for a complete one.
    remembered.write_text(json.dumps(vars(cost)))
    return cost


def compare(tools: list[Tool], trees: list[Path], rounds: int, folder: Path, leave_out: list[str]) -> list[Compared]:
    """Run everything, then read everything.

    In this order because a child starts with the peak memory of the process that it was forked from.
    """
    compared = [Compared(tool, tool.version) for tool in tools]
    for tree in trees:
        for one in compared:
            print(f"{tree.name}: {one.tool.name}", file=sys.stderr, flush=True)
            one.costs[tree.name] = measure(one.tool, tree, rounds, one.printed(folder, tree))
    for one in compared:
        for tree in trees:
            printed = json.loads(one.printed(folder, tree).read_bytes())
            one.rows[tree.name] = len(one.tool.rows(printed))
            found = sorted(one.tool.read(printed, tree), key=lambda finding: (finding.place, finding.column, finding.steps))
            one.findings[tree.name] = [finding for finding in found if not is_left_out(finding, leave_out)]
            one.left_out += len(found) - len(one.findings[tree.name])
    return compared


def is_left_out(finding: Finding, patterns: list[str]) -> bool:
    return any(fnmatchcase(what, pattern) for pattern in patterns for what in (finding.blocker, str(finding.blocked)))


def matched(findings: Iterable[Finding], others: Iterable[Finding]) -> set[Finding]:
    """Those of the first that are at the place of any of the second."""
    starts = defaultdict(set)
    covers = defaultdict(list)
    for other in others:
        starts[other.tree, other.place.file].add(other.place.line)
        covers[other.tree, other.place.file].append((other.place.line, other.end))
    both = set()
    for finding in findings:
        at = finding.tree, finding.place.file
        lines = range(finding.place.line, finding.end + 1)
        if not starts[at].isdisjoint(lines) or any(first <= finding.place.line <= last for first, last in covers[at]):
            both.add(finding)
    return both


def table(heads: list[str], rows: Iterable[list[Any]], words: int) -> str:
    """A Markdown table with so many columns of words before the columns of numbers."""
    cells = [[str(cell) for cell in row] for row in [heads, *rows]]
    widths = [max(3, *map(len, column)) for column in zip(*cells)]
    padded = [
        [cell.ljust(width) if at < words else cell.rjust(width) for at, (cell, width) in enumerate(zip(row, widths))] for row in cells
    ]
    padded.insert(1, ["-" * width if at < words else "-" * (width - 1) + ":" for at, width in enumerate(widths)])
    return "\n".join(f"| {' | '.join(row)} |" for row in padded)


def costs(everything: list[Compared], trees: list[Path]) -> str:
    rows = []
    for tree in trees:
        files = sum(name.endswith(".py") for _, _, names in os.walk(tree) for name in names)
        for compared in everything:
            cost, findings = compared.costs[tree.name], compared.findings[tree.name]
            took = [f"{cost.wall:.2f}", f"{cost.peak:.0f}", cost.exit_code]
            chains = sum(finding.depth == "chain" for finding in findings)
            # Many a chain ends at the same call.
            ends = len({(finding.blocked, finding.blocker) for finding in findings})
            rows.append([tree.name, compared.tool.name, files, *took, compared.rows[tree.name], len(findings), chains, ends])
    heads = ["tree", "tool", "files", "wall s", "peak MB", "exit", "findings", "blocking", "chains", "ends"]
    return table(heads, rows, 2)


def agreement(one: Compared, other: Compared) -> str:
    """Findings of two tools by kind and depth, and by tree."""
    ours, theirs = one.all(), other.all()
    sides = (ours, matched(ours, theirs)), (theirs, matched(theirs, ours))

    def row(words: list[str], wanted: Callable[[Finding], bool]) -> list[Any]:
        numbers = []
        for findings, both in sides:
            count, shared = sum(map(wanted, findings)), sum(map(wanted, both))
            numbers += [count, shared, count - shared]
        return [*words, *numbers]

    names = one.tool.name, other.tool.name
    heads = [names[0], f"also {names[1]}", "only it", names[1], f"also {names[0]}", "only it"]
    by_kind = [
        row([kind, depth], lambda finding: (finding.kind, finding.depth) == (kind, depth))
        for kind in KINDS
        for depth in ("direct", "chain")
    ]
    by_kind = [cells for cells in by_kind if any(cells[2:])]
    by_kind += [row(["all", depth], lambda finding: finding.depth == depth) for depth in ("direct", "chain")]
    by_kind.append(row(["all", "both"], lambda finding: True))
    by_tree = [row([tree], lambda finding: finding.tree == tree) for tree in one.findings]
    return "\n\n".join([table(["kind", "depth", *heads], by_kind, 2), table(["tree", *heads], by_tree, 1)])


def blockers(one: Compared, other: Compared | None) -> str:
    """What blocks most often, by the place where it is called."""
    findings = one.all()
    both = matched(findings, other.all()) if other else set()
    counts = Counter((finding.tree, finding.blocker, finding.blocked) for finding in findings)
    shared = Counter((finding.tree, finding.blocker, finding.blocked) for finding in both)
    heads = ["tree", "what blocks", "called at", "findings", *([f"also {other.tool.name}"] if other else [])]
    rows = [[*key, count, *([shared[key]] if other else [])] for key, count in sorted(counts.items(), key=lambda item: (-item[1], item[0]))]
    return table(heads, rows[:BLOCKERS], 3)


@cache
def lines(file: Path) -> list[str]:
    return file.read_text(encoding="utf-8", errors="replace").split("\n")


def source(trees: dict[str, Path], tree: str, place: Place) -> str:
    text = lines(trees[tree] / place.file)
    return text[place.line - 1].strip() if place.line <= len(text) else ""


def show(finding: Finding, trees: dict[str, Path]) -> str:
    """A finding with the source of every step, for reading."""
    shown = [
        f"{trees[finding.tree] / finding.place.file}:{finding.place.line}: [{finding.kind}, {finding.depth}] {finding.message}",
        f"    {source(trees, finding.tree, finding.place)}",
    ]
    for place, said in finding.steps if finding.depth == "chain" else ():
        shown += [f"  {place}: {said}", f"    {source(trees, finding.tree, place)}"]
    return "\n".join(shown)


def alone(compared: Compared, everything: list[Compared]) -> list[Finding]:
    """What one tool finds and no other."""
    findings = compared.all()
    others = [finding for other in everything if other is not compared for finding in other.all()]
    both = matched(findings, others)
    return [finding for finding in findings if finding not in both]


def draw(findings: list[Finding], number: int, seed: int, evenly: bool) -> list[Finding]:
    """So many findings, each as likely as any other, or evenly over trees and then kinds."""
    chance = random.Random(seed)
    if not evenly:
        return chance.sample(findings, min(number, len(findings)))
    pools: dict[str, dict[tuple[str, str], list[Finding]]] = defaultdict(lambda: defaultdict(list))
    for finding in findings:
        pools[finding.tree][finding.kind, finding.depth].append(finding)
    drawn: list[Finding] = []
    while pools and len(drawn) < number:
        for tree in list(pools)[: number - len(drawn)]:
            kind = chance.choice(list(pools[tree]))
            pool = pools[tree][kind]
            drawn.append(pool.pop(chance.randrange(len(pool))))
            if not pool:
                del pools[tree][kind]
            if not pools[tree]:
                del pools[tree]
    return drawn


def make_tools(arguments: argparse.Namespace) -> list[Tool]:
    tools = [
        Tool("asyncfix", arguments.asyncfix, ["--isolated", "--quiet", "--output-format=json", "."], read_asyncfix),
        Tool("hydroid", arguments.hydroid, [".", "--no-cache", "--format=json"], read_hydroid, lambda printed: printed["diagnostics"]),
        Tool(
            "ruff",
            arguments.ruff,
            ["check", "--select=ASYNC", "--preview", "--isolated", "--no-cache", "--no-respect-gitignore", "--output-format=json", "."],
            read_ruff,
        ),
    ]
    tools = [tool for tool in tools if tool.name not in arguments.without]
    for tool in tools:
        found = shutil.which(tool.binary)
        if not found:
            raise SystemExit(f"{tool.binary} is not there: name it with --{tool.name}, or leave it out with --without {tool.name}")
        tool.binary = Path(found).resolve()
    return tools


def parse_arguments() -> argparse.Namespace:
    names = ["asyncfix", "hydroid", "ruff"]
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("trees", type=Path, nargs="+", help="folders with the sources of a project each")
    parser.add_argument("--asyncfix", type=Path, default=HERE.parent / "target/release/asyncfix", help="default: target/release/asyncfix")
    parser.add_argument("--hydroid", type=Path, default=Path("hydroid"), help="from `pip install hydroid-cli` (default: hydroid)")
    parser.add_argument("--ruff", type=Path, default=Path("ruff"), help="default: ruff")
    parser.add_argument("--without", choices=names[1:], action="append", default=[], help="leave a tool out; may be repeated")
    parser.add_argument("--rounds", type=int, default=1, metavar="N", help="how often each tool runs over each tree; the fastest counts")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="keep the output of hydroid and ruff here, and use it the next time")
    parser.add_argument(
        "--leave-out",
        metavar="GLOB",
        action="append",
        default=[],
        help="leave out findings whose blocking call has this name or is at this path:line, as in 'logging.handlers.*'; may be repeated",
    )
    instead = parser.add_argument_group("instead of the tables of agreement")
    instead.add_argument("--sample", type=int, metavar="N", help="print so many findings drawn from those of asyncfix, or as --only says")
    instead.add_argument("--only", choices=names, help="with --sample: draw from what this tool finds and no other")
    instead.add_argument("--evenly", action="store_true", help="with --sample: draw as many from each tree, and there from each kind")
    instead.add_argument("--seed", type=int, default=0, help="what --sample draws by (default: 0)")
    instead.add_argument("--missing", choices=names[1:], help="print all that this tool finds and asyncfix does not")
    instead.add_argument("--blockers", choices=names, help="print what blocks most often according to this tool")
    arguments = parser.parse_args()
    if arguments.only and arguments.sample is None:
        parser.error("--only goes with --sample")
    for name in (arguments.only, arguments.missing, arguments.blockers):
        if name in arguments.without:
            parser.error(f"{name} is left out")
    if arguments.rounds < 1:
        parser.error("--rounds is at least 1")
    arguments.trees = [tree.resolve() for tree in arguments.trees]
    for tree in arguments.trees:
        if not tree.is_dir():
            parser.error(f"{tree} is not a folder")
    if len({tree.name for tree in arguments.trees}) < len(arguments.trees):
        parser.error("two trees of one name")
    return arguments


def main() -> int:
    arguments = parse_arguments()
    trees = {tree.name: tree for tree in arguments.trees}
    tools = make_tools(arguments)
    with tempfile.TemporaryDirectory(prefix="compare-") as scratch:
        printed = arguments.keep or Path(scratch)
        printed.mkdir(parents=True, exist_ok=True)
        everything = compare(tools, arguments.trees, arguments.rounds, printed, arguments.leave_out)
    by_name = {compared.tool.name: compared for compared in everything}
    ours = by_name["asyncfix"]
    if arguments.sample is not None:
        drawn_from = alone(by_name[arguments.only], everything) if arguments.only else ours.all()
        drawn = draw(drawn_from, arguments.sample, arguments.seed, arguments.evenly)
        print(f"{len(drawn)} of {len(drawn_from)} findings" + (f" of {arguments.only} alone" if arguments.only else ""))
        print(*(f"\n{show(finding, trees)}" for finding in drawn), sep="\n")
    if arguments.missing:
        theirs = by_name[arguments.missing].all()
        both = matched(theirs, ours.all())
        share = f" ({len(both) / len(theirs):.1%})" if theirs else ""
        print(f"asyncfix finds {len(both)} of {len(theirs)}{share} that {arguments.missing} finds; missing:")
        print(*(f"\n{show(finding, trees)}" for finding in theirs if finding not in both), sep="\n")
    if arguments.blockers:
        other = everything[1:] if arguments.blockers == "asyncfix" else [ours]
        print(blockers(by_name[arguments.blockers], other[0] if other else None))
    if arguments.sample is None and not arguments.missing and not arguments.blockers:
        print(", ".join(f"{compared.tool.name} {compared.version}" for compared in everything), end="\n\n")
        print(costs(everything, arguments.trees))
        for other in everything[1:]:
            print(f"\n{agreement(ours, other)}")
        if arguments.leave_out:
            print("\nLeft out: " + ", ".join(f"{compared.left_out} of {compared.tool.name}" for compared in everything))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
