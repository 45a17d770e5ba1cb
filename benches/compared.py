"""Run asyncfix over the test files of linters, and compare what they expect with what it finds.

The files come from the sdists of flake8-async, pylint and ruff, which pip fetches
(see corpus.py) into target/compared. ruff's sdist leaves out most of its test
files: what it has of them and the examples of its documentation are taken, and,
with --ruff DIR, the files of a clone of its repository at RUFF_REVISION.

What each expects is written beside the files: `# ASYNC251: 4` in those of
flake8-async, `.txt` files of pylint, `.snap` files and `# error: [...]` of ruff.
The examples in ruff's documentation name no line; for these one finding anywhere
will do. flake8-async's files are about trio and are run by its own tests with the
name of each library in turn: they are taken with asyncio's. Files that it does not
run with that are taken as they are, and counted apart. Those about cancellation stand at the top of
a module and await nothing, where no cancellation arrives: they are put into a
coroutine, and await in place of `...`.

A place is found if a finding of a transform that serves the rule begins there, or
spans it. Each place that is not found has its reason here, or the run fails. Prints
two Markdown tables, or writes them into docs/compared.md with --write; with --missed
also each place that is not found, with --extra each finding of these transforms where
nothing is expected.
"""

import argparse
import ast
import io
import json
import re
import subprocess
import sys
import tarfile
import tempfile
import textwrap
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from corpus import Package, fetch

HERE = Path(__file__).resolve().parent
PACKAGES = [
    Package("flake8-async", "26.8.1", "sdist"),
    Package("pylint", "4.1.4", "sdist"),
    Package("ruff", "0.17.6", "sdist"),
]
BLOCKING = (
    "blocking-sleep",
    "blocking-http",
    "blocking-database",
    "blocking-input",
    "blocking-subprocess",
    "blocking-network",
    "blocking-lock",
    "blocking-file",
    "blocking-chain",
)
TASKS = ("dangling-task", "abandoned-tasks")
MISMATCH = ("async-iteration-mismatch",)
CANCELLATION = ("swallowed-cancellation",)

# The transforms that serve each rule. A rule that is not here has no counterpart; NO_COUNTERPART says why.
SERVED = {
    "ASYNC103": CANCELLATION,
    "ASYNC104": CANCELLATION,
    "ASYNC105": ("missing-await",),
    "ASYNC110": (*CANCELLATION, "busy-wait"),
    "ASYNC210": BLOCKING,
    "ASYNC211": BLOCKING,
    "ASYNC212": BLOCKING,
    "ASYNC220": BLOCKING,
    "ASYNC221": BLOCKING,
    "ASYNC222": BLOCKING,
    "ASYNC230": BLOCKING,
    "ASYNC231": BLOCKING,
    "ASYNC232": BLOCKING,
    "ASYNC240": BLOCKING,
    "ASYNC250": BLOCKING,
    "ASYNC251": BLOCKING,
    "ASYNC300": TASKS,
    "RUF006": TASKS,
    "UP041": ("timeout-alias",),
    "not-async-context-manager": MISMATCH,
    "async-context-manager-with-regular-with": MISMATCH,
}
NO_COUNTERPART = {
    "ASYNC100": "a scope without a checkpoint never times out; asyncio's `timeout` is not looked at for that",
    "ASYNC101": "`yield` inside a task group: a design to change, with no edit to offer",
    "ASYNC102": "`await` in `finally` may be cancelled: whether it must not be is for a person to say",
    "ASYNC106": "how trio is imported is style",
    "ASYNC109": "a parameter `timeout` is style",
    "ASYNC111": "trio and anyio: a nursery outlives what its tasks use",
    "ASYNC112": "a task group of a single task is style",
    "ASYNC113": "trio and anyio: `start_soon` where `start` would wait",
    "ASYNC114": "trio and anyio: what may be started with `start`",
    "ASYNC115": "`sleep(0)` is how asyncio yields; trio's `checkpoint` is style",
    "ASYNC116": "a sleep of more than a day is style",
    "ASYNC118": "anyio: how the cancellation class is kept",
    "ASYNC119": "`yield` inside a context manager of an asynchronous generator: a design to change",
    "ASYNC120": "trio and anyio: a checkpoint in `except`",
    "ASYNC121": "control flow out of a task group: a design to change",
    "ASYNC122": "trio and anyio: when a timeout begins to count",
    "ASYNC123": "how exception groups are raised again is not about the event loop",
    "ASYNC124": "`async def` without `await` may be what an interface asks for",
    "ASYNC125": "trio: a deadline of the past",
    "ASYNC126": "trio: exceptions that are handed to a nursery",
    "ASYNC127": "trio: how a task says that it has started",
    "ASYNC128": "trio: a scope that is not entered",
    "ASYNC200": "user-defined: in asyncfix, `[[tool.asyncfix.library]]`",
    "ASYNC400": "how trio's old `MultiError` is written is style",
    "ASYNC401": "pytest, not the event loop",
    "ASYNC900": "optional and about trio: asynchronous generators as such",
    "ASYNC910": "optional and about trio: checkpoints on every path",
    "ASYNC911": "optional and about trio: checkpoints on every path",
    "ASYNC912": "optional and about trio: checkpoints in every scope",
    "ASYNC913": "optional and about trio: checkpoints in every loop",
    "RUF029": "`async def` without `await` may be what an interface asks for",
    "PLE1142": "Python refuses the file: asyncfix skips it and says where",
    "PLE1700": "Python refuses the file: asyncfix skips it and says where",
    "await-outside-async": "Python refuses the file: asyncfix skips it and says where",
    "yield-inside-async-function": "Python refuses the file: asyncfix skips it and says where",
}
# The places of a served rule that are left alone on purpose, by file and line, and why. No line
# stands for all of the file.
ON_PURPOSE: dict[str, dict[str, str]] = {
    "ASYNC103": {
        "raised again on some paths, or in a loop that may run: somebody thought of it": (
            "async103.py:49,59,77,100,110,232,240,270,276,282,300,347,358,375 async104.py:193"
        ),
        "raised on every path, of a `try` inside": "async103.py:135 async103_no_104.py:14 async104.py:30",
    },
    "ASYNC104": {
        "raises something else, or the error of before: wrong perhaps, and not silent": (
            "async103.py:177 async103_104_py311.py:31,42 async104.py:7,12,17,72,84"
        ),
        "raised again on some paths: somebody thought of it": "async104.py:119,128,193",
        "raised again after a `yield`": "async104.py:154,161,164",
        "raised on every path, of a `try` inside": "async103.py:140 async104.py:35",
        "found at the clause around": "async104.py:104",
        "anyio, whose cancellation has no name": "async104_anyio.py:7",
    },
    "ASYNC105": {"it is awaited, a line later": "async105.py:96"},
    "ASYNC110": {
        "`while True: await sleep(...)` asks for nothing: it keeps a program running, or is no whole example": (
            "ASYNC110.py"
        ),
    },
    "ASYNC210": {"`urlopen` of names that the file does not import": "async210.py"},
    "ASYNC212": {
        "`close` does not wait for an answer": "async212.py:7,66 ASYNC212.py:27",
        "a name of the module that is bound to a number as well": "async212.py:49",
        "a method that the pools do not have": "async212.py:104,106,108,110,112,114,116,118,120,122",
    },
    "ASYNC220": {"`os.spawnl` with `P_NOWAIT` starts a process and returns": "ASYNC22x.py"},
    "ASYNC221": {"`os.posix_spawn` starts a process and returns": "async22x.py async22x_asyncio.py ASYNC22x.py"},
    "ASYNC230": {"a variable that unpacking gave its value: what it is, is not followed": "ASYNC230.py:59"},
    "ASYNC232": {
        "methods that files do not have": "async232.py:16,17 async232_asyncio.py:17,18",
        "a variable that is several things one after the other": "async232.py:204,206 async232_asyncio.py:205,207",
    },
    "ASYNC240": {
        "private functions of `os.path`, which are not described": "async240.py:12,14",
        "awaited, which fails: nothing to put to a thread": "async240.py:30",
    },
    "not-async-context-manager": {
        "no `with` takes it either: there is no other form to offer, and type checkers tell": (
            "mixin_class_rgx.py not_async_context_manager.py"
        ),
    },
}

# Why fewer are found in files that are about trio or anyio.
ELSEWHERE = {
    "ASYNC103": "by which exceptions trio and anyio cancel is not known here",
    "ASYNC104": "by which exceptions trio and anyio cancel is not known here",
    "ASYNC110": "a condition that is a constant asks for nothing, `sleep_until` and `checkpoint` wait for a time",
}

# The commit of ruff's repository whose test files are taken.
RUFF_REVISION = "fca5c7cf2cd2f8338f18b9485f936b8e9f07bd0b"
DOCUMENT = HERE.parent / "docs/compared.md"

MARKER = re.compile(r"(error|ASYNC\d{3})(?:_\w+)?:(?=[^#]*(?:#|$))")
SNAPSHOT_PLACE = re.compile(r"^ *-->\s+(\S+):(\d+):\d+", re.MULTILINE)


@dataclass
class Case:
    """A file, and the lines at which each rule is expected; no line stands for anywhere."""

    tool: str
    name: str
    text: str
    expected: dict[str, list[int | None]] = field(default_factory=lambda: defaultdict(list))
    # Whether it is about other libraries than asyncio.
    elsewhere: bool = False
    # How many lines were put above the file.
    added: int = 0

    def at(self, line: int | None) -> str:
        return f"{self.name}:{line - self.added}" if line else self.name


def with_asyncio(text: str, library: str) -> str:
    """As flake8-async's own tests put one library's name for another's."""
    return re.sub(rf"(?<!-)(?:\b|(?<=_)){library}\b", "asyncio", text)


def in_coroutine(text: str) -> str:
    """Code of a module as that of a coroutine that awaits, a line more at the top."""
    text = re.sub(r"(\btry:.*\n\s+)\.\.\.", r"\1await asyncio.sleep(1)", text)
    text = re.sub(r"^( *)def ", r"\1async def ", text, flags=re.MULTILINE)
    # The first line of these files is a comment.
    return "import asyncio\nasync def main():\n" + textwrap.indent(text, "    ")


def handler_of(text: str, line: int) -> int:
    """The line of the innermost `except` around a line, for rules that name what stands in it."""
    handlers = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.ExceptHandler)]
    return max((node.lineno for node in handlers if node.lineno <= line <= (node.end_lineno or 0)), default=line)


def flake8_async(root: Path) -> Iterator[Case]:
    for path in sorted(Path(root, "tests/eval_files").glob("async*.py")):
        text = path.read_text(encoding="utf-8")
        marks = set(re.findall(r"^# *([A-Z_]+)", text, re.MULTILINE))
        base = re.search(r"^# *BASE_LIBRARY (\w+)", text, re.MULTILINE)
        case = Case("flake8-async", path.name, text)
        case.elsewhere = bool({"NOASYNCIO", "ASYNCIO_NO_ERROR"} & marks)
        own = path.stem.split("_")[0].upper()
        if not case.elsewhere:
            # What replaces asyncio's function would make it another one in the whole file.
            text = with_asyncio(text, base[1] if base else "trio")
            text = re.sub(r"asyncio\.create_task = \w+", "pass", text)
            if own in ("ASYNC103", "ASYNC104"):
                text = in_coroutine(text)
                case.added = 2
            case.text = text
        for number, line in enumerate(text.splitlines(), start=1):
            if line.strip().startswith("#") or "#" not in line:
                continue
            for match in MARKER.finditer(line[line.index("#") :]):
                rule = own if match[1] == "error" else match[1]
                place = handler_of(text, number) if rule == "ASYNC104" else number
                case.expected[rule].append(place)
        yield case


def pylint(root: Path) -> Iterator[Case]:
    rules = {rule for rule in (*SERVED, *NO_COUNTERPART) if "-" in rule}
    for path in sorted(Path(root, "tests/functional").rglob("*.txt")):
        rows = [line.split(":") for line in path.read_text(encoding="utf-8").splitlines()]
        rows = [row for row in rows if row[0] in rules]
        source = path.with_suffix(".py")
        if rows and source.is_file():
            case = Case("pylint", source.name, source.read_text(encoding="utf-8"))
            for row in rows:
                case.expected[row[0]].append(int(row[1]))
            yield case


def ruff_examples(root: Path) -> Iterator[Case]:
    """The first example of each rule's documentation."""
    for path in sorted(Path(root, "crates/ruff_linter/src/rules").rglob("*.rs")):
        text = path.read_text(encoding="utf-8")
        rules = [rule for rule in re.findall(r"^/// ([A-Z]+\d+)$", text, re.MULTILINE) if rule in SERVED]
        parts = re.split(r"^pub\(crate\) struct ", text, flags=re.MULTILINE)
        examples = [
            re.search(r"/// ## Examples?\n(?:///.*\n)*?/// ```(?:python|py)\n((?:///.*\n)*?)/// ```", part)
            for part in parts
        ]
        for rule, example in zip(rules, filter(None, examples), strict=False):
            code = "".join(line.removeprefix("///").removeprefix(" ") for line in example[1].splitlines(keepends=True))
            case = Case("ruff", f"example of {rule}", code)
            case.expected[rule].append(None)
            yield case


def ruff_documents(root: Path) -> Iterator[Case]:
    """Test files in Markdown, whose code says `# error: [name]`."""
    for path in sorted(Path(root, "crates/ruff_linter/resources/mdtest").rglob("*.md")):
        text = path.read_text(encoding="utf-8")
        title = re.match(r"# `[\w-]+` \(`([A-Z]+\d+)`\)", text)
        if title and title[1] in SERVED:
            for index, code in enumerate(re.findall(r"^```py\n(.*?)^```", text, re.DOTALL | re.MULTILINE)):
                case = Case("ruff", f"{path.name}, block {index + 1}", code)
                for number, line in enumerate(code.splitlines(), start=1):
                    if "# error: [" in line or "# snapshot:" in line:
                        # On a line of its own it is about the next.
                        case.expected[title[1]].append(number + line.strip().startswith("#"))
                yield case


def ruff_files(root: Path) -> Iterator[Case]:
    """The test files of ruff's repository, with the snapshots of what is found in them."""
    linter = Path(root, "crates/ruff_linter")
    cases: dict[str, Case] = {}
    for path in sorted(Path(linter, "src/rules").rglob("*.snap")):
        rule = re.search(r"tests__([A-Z]+\d{3,4})(?:_|\.py)", path.name)
        if not rule or rule[1] not in (*SERVED, *NO_COUNTERPART):
            continue
        text = path.read_text(encoding="utf-8")
        for part in re.split(r"(?=^[A-Z]+\d{3,4} )", text, flags=re.MULTILINE)[1:]:
            place = SNAPSHOT_PLACE.search(part)
            source = place and next(Path(linter, "resources/test/fixtures").rglob(place[1]), None)
            if place and source and source.suffix == ".py":
                new = Case("ruff", source.name, source.read_text(encoding="utf-8"))
                expected = cases.setdefault(source.name, new).expected[rule[1]]
                if int(place[2]) not in expected:
                    expected.append(int(place[2]))
    yield from cases.values()


def checked_out(repository: Path, into: Path) -> Path:
    """The part of a clone of ruff's repository, bare or not, that has its test files."""
    root = into / f"ruff-{RUFF_REVISION}"
    if not root.is_dir():
        command = ["git", "-C", repository, "archive", RUFF_REVISION, "crates/ruff_linter"]
        archive = subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout
        with tarfile.open(fileobj=io.BytesIO(archive)) as files:
            files.extractall(root, filter="data")
    return root


def found_in(cases: list[Case], asyncfix: Path) -> list[list[dict]]:
    """What asyncfix finds in each case, each in a folder of its own."""
    with tempfile.TemporaryDirectory() as scratch:
        for index, case in enumerate(cases):
            folder = Path(scratch, str(index))
            folder.mkdir()
            Path(folder, "pyproject.toml").touch()
            Path(folder, "case.py").write_text(case.text, encoding="utf-8")
        command = [asyncfix.resolve(), "--isolated", "--target-version=3.13", "--output-format=json", "--quiet", "."]
        run = subprocess.run(command, cwd=scratch, capture_output=True, text=True, check=False)
    found: list[list[dict]] = [[] for _ in cases]
    for finding in json.loads(run.stdout):
        found[int(finding["file"].split("/")[0])].append(finding)
    return found


@dataclass
class Count:
    """What a linter expects of a rule, and how much of it is found: in files of asyncio, and in others."""

    expected: int = 0
    found: int = 0
    elsewhere: int = 0
    found_elsewhere: int = 0
    # Why places are not found, and how many.
    whys: dict[str, int] = field(default_factory=lambda: defaultdict(int))


def on_purpose(rule: str, place: str) -> str | None:
    """Why a place is left alone, if that is on purpose."""
    name, _, line = place.partition(":")
    for why, places in ON_PURPOSE.get(rule, {}).items():
        for group in places.split():
            file, _, lines = group.partition(":")
            if file == name and (not lines or line in lines.split(",")):
                return why
    return None


def served_table(counts: dict[tuple[str, str], Count]) -> str:
    rows = ["| rule | of | found | in files of trio or anyio | why fewer |", "| --- | --- | ---: | ---: | --- |"]
    for (rule, tool), count in sorted(counts.items()):
        if rule in SERVED:
            here = f"{count.found} of {count.expected}" if count.expected else ""
            elsewhere = f"{count.found_elsewhere} of {count.elsewhere}" if count.elsewhere else ""
            whys = "; ".join(f"{number}: {why}" for why, number in count.whys.items())
            rows.append(f"| {rule} | {tool} | {here} | {elsewhere} | {whys} |")
    return "\n".join(rows) + "\n"


def table_without(counts: dict[tuple[str, str], Count]) -> str:
    rows = ["| rule | of | places | of them in files of trio or anyio | why |", "| --- | --- | ---: | ---: | --- |"]
    for (rule, tool), count in sorted(counts.items()):
        if rule in NO_COUNTERPART:
            rows.append(
                f"| {rule} | {tool} | {count.expected + count.elsewhere} | {count.elsewhere or ''} | {NO_COUNTERPART[rule]} |"
            )
    return "\n".join(rows) + "\n"


def serves(finding: dict, rule: str) -> bool:
    return finding["transform"] in SERVED.get(rule, ())


def is_at(finding: dict, line: int | None) -> bool:
    end = finding["end"]["line"] - (finding["end"]["column"] == 1)
    return line is None or finding["line"] <= line <= end


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--asyncfix", type=Path, default=HERE.parent / "target/release/asyncfix", help="the program")
    parser.add_argument("--output", type=Path, default=HERE.parent / "target/compared", help="where to put the sdists")
    parser.add_argument("--ruff", type=Path, help="a clone of ruff's repository, for its test files")
    parser.add_argument("--write", action="store_true", help="write the tables into docs/compared.md")
    parser.add_argument("--missed", action="store_true", help="list the places that are not found")
    parser.add_argument("--extra", action="store_true", help="list findings where nothing is expected")
    return parser.parse_args()


def main() -> int:
    arguments = parse_arguments()
    arguments.output.mkdir(parents=True, exist_ok=True)
    for package in PACKAGES:
        if problem := fetch(package, arguments.output):
            raise SystemExit(f"{package.pin}: {problem}")
    roots = {package.name: arguments.output / f"{package.name}-{package.version}" for package in PACKAGES}
    cases = [
        *flake8_async(roots["flake8-async"]),
        *pylint(roots["pylint"]),
        *ruff_examples(roots["ruff"]),
        *ruff_documents(roots["ruff"]),
        *(ruff_files(checked_out(arguments.ruff, arguments.output)) if arguments.ruff else ()),
    ]
    found = found_in(cases, arguments.asyncfix)
    counts: dict[tuple[str, str], Count] = defaultdict(Count)
    missed, unexplained, extra = [], [], []
    for case, findings in zip(cases, found, strict=True):
        for rule, lines in case.expected.items():
            count = counts[rule, case.tool]
            for line in lines:
                hit = any(serves(finding, rule) and is_at(finding, line) for finding in findings)
                if case.elsewhere:
                    count.elsewhere += 1
                    count.found_elsewhere += hit
                else:
                    count.expected += 1
                    count.found += hit
                if hit or rule not in SERVED:
                    continue
                code = case.text.splitlines()[line - 1].strip() if line else textwrap.indent(case.text, "    ")
                missed.append(f"{rule} {case.tool} {case.at(line)}: {code}")
                why = on_purpose(rule, case.at(line))
                why = why or (ELSEWHERE.get(rule) if case.elsewhere else None)
                count.whys[why or "?"] += 1
                if why is None:
                    unexplained.append(missed[-1])
        for finding in findings:
            rules = [rule for rule in case.expected if serves(finding, rule)]
            places = [line for rule in rules for line in case.expected[rule]]
            if rules and not any(is_at(finding, line) for line in places):
                code = case.text.splitlines()[finding["line"] - 1].strip()
                extra.append(f"{finding['transform']} {case.tool} {case.at(finding['line'])}: {code}")
    tables = {"served": served_table(counts), "without": table_without(counts)}
    if arguments.write:
        text = DOCUMENT.read_text(encoding="utf-8")
        for name, table in tables.items():
            begin, end = f"<!-- {name} -->\n", f"<!-- end of {name} -->"
            head, _, rest = text.partition(begin)
            text = f"{head}{begin}{table}{end}{rest.partition(end)[2]}"
        DOCUMENT.write_text(text, encoding="utf-8")
    else:
        print("\n".join(tables.values()))
    for title, lines in (
        ("missed", missed if arguments.missed else []),
        ("extra", extra if arguments.extra else []),
        ("missed without a reason", unexplained),
    ):
        if lines:
            print(f"\n{title}:\n" + "\n".join(lines), file=sys.stderr)
    return 1 if unexplained else 0


if __name__ == "__main__":
    raise SystemExit(main())
