"""Run asyncfix over the test files of linters, and compare what they expect with what it finds.

The files come from the sdists of flake8-async, pylint and ruff, which pip fetches
(see corpus.py) into target/compared. ruff's sdist leaves out most of its test
files: what it has of them and the examples of its documentation are taken, and,
with --ruff DIR, the files of a checkout of its repository.

What each expects is written beside the files: `# ASYNC251: 4` in those of
flake8-async, `.txt` files of pylint, `.snap` files and `# error: [...]` of ruff.
The examples in ruff's documentation name no line; for these one finding anywhere
will do. flake8-async's files are about trio and are run by its own tests with the
name of each library in turn: they are taken with asyncio's, and what they expect
only of trio or anyio is counted apart. Those about cancellation stand at the top of
a module and await nothing, where no cancellation arrives: they are put into a
coroutine, and await in place of `...`.

A place is found if a finding of a transform that serves the rule begins there, or
spans it. Prints a Markdown table; with --missed also each place that is not found,
with --extra each finding of these transforms where nothing is expected.
"""

import argparse
import ast
import json
import re
import subprocess
import sys
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
# Why places of a served rule are left alone on purpose.
ON_PURPOSE = {
    "ASYNC103": "handlers that raise again on some of their paths: somebody thought of it",
    "ASYNC104": "handlers that raise again on some of their paths, or raise something else, which is not silent",
    "ASYNC105": "functions of trio: of it asyncfix knows what blocks, and repairs programs of asyncio",
    "ASYNC110": "a loop without a condition waits for nothing: it does something from time to time",
    "ASYNC210": "`urlopen` of names that the file does not import",
    "ASYNC212": "`close` and methods that the clients do not have do not wait; names that stand for several things",
    "ASYNC220": "`os.spawnl` with `P_NOWAIT` starts a process and returns",
    "ASYNC221": "`os.posix_spawn` starts a process and returns",
    "ASYNC230": "`Path` objects that a tuple is unpacked to are not followed",
    "ASYNC232": "methods that files do not have, and variables that are several things one after the other",
    "ASYNC300": "tasks that are lost in a list, a condition or a generator that nobody runs",
    "not-async-context-manager": "objects that no `with` takes either: there is no other form to offer, and type checkers tell",
}

MARKER = re.compile(r"(error|ASYNC\d{3})(?:_\w+)?:(?=[^#]*(?:#|$))")
SNAPSHOT_PLACE = re.compile(r"^ *-->\s+(\S+):(\d+):\d+", re.MULTILINE)


@dataclass
class Case:
    """A file, and the lines at which each rule is expected; no line stands for anywhere."""

    tool: str
    name: str
    text: str
    expected: dict[str, list[int | None]] = field(default_factory=lambda: defaultdict(list))
    # How many places are expected of other libraries only.
    elsewhere: dict[str, int] = field(default_factory=lambda: defaultdict(int))


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
        case = Case("flake8-async", path.name, with_asyncio(text, base[1] if base else "trio"))
        # What replaces asyncio's function would make it another one in the whole file.
        case.text = re.sub(r"asyncio\.create_task = \w+", "pass", case.text)
        other = {"NOASYNCIO", "ASYNCIO_NO_ERROR"} & marks
        own = path.stem.split("_")[0].upper()
        if own in ("ASYNC103", "ASYNC104"):
            case.text = in_coroutine(case.text)
            text = case.text
        for number, line in enumerate(text.splitlines(), start=1):
            if line.strip().startswith("#") or "#" not in line:
                continue
            for match in MARKER.finditer(line[line.index("#") :]):
                rule = own if match[1] == "error" else match[1]
                if other:
                    case.elsewhere[rule] += 1
                else:
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
        examples = [re.search(r"/// ## Examples?\n(?:///.*\n)*?/// ```(?:python|py)\n((?:///.*\n)*?)/// ```", part) for part in parts]
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
    """The test files of a checkout, with the snapshots of what is found in them."""
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


def serves(finding: dict, rule: str) -> bool:
    return finding["transform"] in SERVED.get(rule, ())


def is_at(finding: dict, line: int | None) -> bool:
    end = finding["end"]["line"] - (finding["end"]["column"] == 1)
    return line is None or finding["line"] <= line <= end


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--asyncfix", type=Path, default=HERE.parent / "target/release/asyncfix", help="the program")
    parser.add_argument("--output", type=Path, default=HERE.parent / "target/compared", help="where to put the sdists")
    parser.add_argument("--ruff", type=Path, help="a checkout of ruff's repository, for its test files")
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
        *(ruff_files(arguments.ruff) if arguments.ruff else ()),
    ]
    found = found_in(cases, arguments.asyncfix)
    counts: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0, 0])
    missed, extra = [], []
    for case, findings in zip(cases, found, strict=True):
        for rule, number in case.elsewhere.items():
            counts[case.tool, rule][2] += number
        for rule, lines in case.expected.items():
            for line in lines:
                hit = any(serves(finding, rule) and is_at(finding, line) for finding in findings)
                counts[case.tool, rule][0] += 1
                counts[case.tool, rule][1] += hit
                if not hit and rule in SERVED:
                    code = case.text.splitlines()[line - 1].strip() if line else textwrap.indent(case.text, "    ")
                    missed.append(f"{rule} {case.tool} {case.name}:{line or 'anywhere'}: {code}")
        for finding in findings:
            rules = [rule for rule in case.expected if serves(finding, rule)]
            places = [line for rule in rules for line in case.expected[rule]]
            if rules and not any(is_at(finding, line) for line in places):
                code = case.text.splitlines()[finding["line"] - 1].strip()
                extra.append(f"{finding['transform']} {case.tool} {case.name}:{finding['line']}: {code}")
    print("| rule | of | expected | found | where fewer |\n| --- | --- | ---: | ---: | --- |")
    for (tool, rule), (expected, hits, elsewhere) in sorted(counts.items(), key=lambda item: (item[0][1], item[0][0])):
        notes = [NO_COUNTERPART[rule]] if rule in NO_COUNTERPART else []
        if rule in SERVED and hits < expected:
            notes += [ON_PURPOSE[rule]] if rule in ON_PURPOSE else []
        if elsewhere:
            notes.append(f"{elsewhere} more of trio or anyio only")
        shown = hits if rule in SERVED else "–"
        print(f"| {rule} | {tool} | {expected} | {shown} | {'; '.join(notes)} |")
    for title, lines in (("missed", missed if arguments.missed else []), ("extra", extra if arguments.extra else [])):
        if lines:
            print(f"\n{title}:\n" + "\n".join(lines), file=sys.stderr)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
