"""Take awaits out of real packages, and see whether missing-await puts them back; list what it finds.

    python benches/missing_awaits.py recall target/corpus --count 500 --seed 1
    python benches/missing_awaits.py precision target/corpus --output target/missing-awaits.md

`recall` draws awaited calls, no more than a few of each package and one of each
file, takes the `await` out as somebody would have forgotten it, parentheses that
stood there for its sake included, and lets asyncfix write its fixes. An await is
restored if its lines are what they were, to the byte. Packages are copied, by hard
links where the file system has them.

`precision` runs over the packages as they are, and writes down every finding
with its lines: each is a bug of the package, or a mistake.
"""

import argparse
import ast
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
import warnings
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

warnings.simplefilter("ignore")
# In seconds, for one package.
LIMIT = 900
TIGHTER = {"attribute", "subscript", "call of the result"}
KEPT = {".py", ".pyi", ".toml", ".cfg"}


@dataclass
class Removed:
    """An awaited call of a file, and the file without that await."""

    path: str
    line: int
    end: int
    position: str
    shown: str
    before: bytes
    after: bytes
    safety: str = "not found"
    restored: bool = False


def position(node: ast.Await, parents: dict[ast.AST, ast.AST]) -> str:
    """What is done with the value of an await."""
    parent = parents[node]
    match parent:
        case ast.Expr():
            return "statement"
        case ast.Return():
            return "return"
        case ast.AnnAssign():
            return "annotated assignment"
        case ast.Assign(targets=[ast.Tuple() | ast.List(), *_]):
            return "unpacking"
        case ast.Assign(targets=[ast.Name()]) | ast.NamedExpr():
            return "variable"
        case ast.Assign():
            return "attribute or item"
        case ast.If() | ast.While() | ast.Assert() | ast.BoolOp() | ast.IfExp() | ast.UnaryOp():
            return "truth or choice"
        case ast.Compare():
            return "comparison"
        case ast.Attribute():
            return "attribute"
        case ast.Subscript() if parent.value is node:
            return "subscript"
        case ast.Call() if parent.func is node:
            return "call of the result"
        case ast.Call() | ast.keyword() | ast.Starred():
            return "argument"
        case ast.For() | ast.AsyncFor() | ast.comprehension() | ast.withitem():
            return "for or with"
        case ast.JoinedStr() | ast.FormattedValue() | ast.BinOp() | ast.AugAssign():
            return "text or arithmetic"
        case _:
            return "collection, yield and others"


def awaits(path: Path, root: Path) -> Iterator[Removed]:
    """Every awaited call of a file."""
    source = path.read_bytes()
    if b"await " not in source:
        return
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError):
        return
    starts = [0]
    for line in source.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    parents = {child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}
    in_text = {inner for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for inner in ast.walk(node)}
    for node in ast.walk(tree):
        if not isinstance(node, ast.Await) or not isinstance(node.value, ast.Call):
            continue
        start = starts[node.lineno - 1] + node.col_offset
        if source[start : start + 6] != b"await ":
            # Older Pythons do not know where the fields of an f-string are.
            continue
        end = starts[node.end_lineno - 1] + node.end_col_offset
        where = position(node, parents)
        if node in in_text and where != "text or arithmetic":
            continue
        call = source[start + 6 : end]
        if where in TIGHTER and source[start - 1 : start] == b"(" and source[end : end + 1] == b")":
            without = source[: start - 1] + call + source[end + 1 :]
        else:
            without = source[:start] + call + source[end:]
        shown = call.decode(errors="replace").split("(")[0]
        yield Removed(str(path.relative_to(root)), node.lineno, node.end_lineno, where, shown, source, without)


def link(source: str, target: str) -> None:
    if Path(source).suffix not in KEPT:
        return
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)


def run(binary: str, root: Path, *more: str) -> str:
    command = [binary, "--isolated", "--select", "missing-await", *more, "."]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, timeout=LIMIT)
    if done.returncode not in (0, 1, 2) or "panick" in done.stderr:
        print(f"{root}: exit code {done.returncode}\n{done.stderr[-2000:]}", file=sys.stderr)
    return done.stdout


def try_package(binary: str, package: Path, drawn: list[Removed]) -> None:
    """Takes the awaits out of a copy of a package, and notes what asyncfix does about it."""
    with tempfile.TemporaryDirectory() as scratch:
        root = Path(scratch) / package.name
        shutil.copytree(package, root, copy_function=link, symlinks=True)
        for removed in drawn:
            path = root / removed.path
            path.unlink()
            path.write_bytes(removed.after)
        found = json.loads(run(binary, root, "--output-format", "json"))
        run(binary, root, "--write", "--accept-review")
        for removed in drawn:
            for finding in found:
                if Path(finding["file"]) == Path(removed.path) and abs(finding["line"] - removed.line) <= 1:
                    removed.safety = finding["safety"]
            # Other findings of the file may be mended as well, which adds no lines.
            lines = (root / removed.path).read_bytes().splitlines()
            wanted = removed.before.splitlines()
            here = slice(removed.line - 1, removed.end)
            removed.restored = lines[here] == wanted[here] and len(lines) == len(wanted)


def packages(corpus: Path, only: list[str]) -> list[Path]:
    return [path for path in sorted(corpus.iterdir()) if path.is_dir() and (not only or any(path.match(glob) for glob in only))]


def recall(options: argparse.Namespace) -> None:
    draw = random.Random(options.seed)
    todo = packages(options.corpus, options.only)
    draw.shuffle(todo)
    all_drawn: list[tuple[str, Removed]] = []
    for package in todo:
        if len(all_drawn) >= options.count:
            break
        paths = [path for path in sorted(package.rglob("*.py")) if path.is_file() and not path.is_symlink()]
        if len(paths) > options.largest:
            continue
        by_file = [found for path in paths if (found := list(awaits(path, package)))]
        # Each await is as likely as any other.
        each = [removed for found in by_file for removed in found]
        if len(each) < options.least:
            continue
        draw.shuffle(each)
        drawn: dict[str, Removed] = {}
        for removed in each:
            if len(drawn) == min(options.each, options.count - len(all_drawn)):
                break
            drawn.setdefault(removed.path, removed)
        started = time.monotonic()
        try:
            try_package(options.binary, package, list(drawn.values()))
        except subprocess.TimeoutExpired:
            print(f"{package.name}: takes too long", file=sys.stderr)
            continue
        all_drawn += [(package.name, removed) for removed in drawn.values()]
        restored = sum(removed.restored for removed in drawn.values())
        print(f"{package.name}: {restored} of {len(drawn)} ({time.monotonic() - started:.0f} s)", file=sys.stderr, flush=True)
    table: dict[str, Counter[str]] = {}
    for _, removed in all_drawn:
        for key in (removed.position, "all"):
            row = table.setdefault(key, Counter())
            row["n"] += 1
            row[removed.safety] += 1
            row["restored"] += removed.restored
    print("| position | removed | found | safe | review | restored | |\n|---|---|---|---|---|---|---|")
    for key, row in sorted(table.items(), key=lambda item: -item[1]["n"]):
        found = row["n"] - row["not found"]
        print(f"| {key} | {row['n']} | {found} | {row['safe']} | {row['review']} | {row['restored']} | {100 * row['restored'] / row['n']:.0f}% |")
    if options.output:
        lines = [
            f"{name}\t{removed.path}:{removed.line}\t{removed.position}\t{removed.safety}\t{removed.restored}\t{removed.shown}"
            for name, removed in all_drawn
        ]
        options.output.write_text("\n".join(lines) + "\n", encoding="utf-8")


def innermost(tree: ast.AST, line: int) -> str:
    """The kind of function that a line stands in."""
    found = "module level"
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.lineno <= line <= (node.end_lineno or 0):
            found = "async def" if isinstance(node, ast.AsyncFunctionDef) else "def"
    return found


def precision(options: argparse.Namespace) -> None:
    files = 0
    out: list[str] = []
    kinds: Counter[str] = Counter()
    for package in packages(options.corpus, options.only):
        paths = [path for path in package.rglob("*.py") if path.is_file()]
        if len(paths) > options.largest:
            continue
        concerned = sum(b"async def" in path.read_bytes() for path in paths)
        if not concerned:
            continue
        files += concerned
        started = time.monotonic()
        try:
            findings = json.loads(run(options.binary, package, "--output-format", "json"))
        except subprocess.TimeoutExpired:
            print(f"{package.name}: takes too long", file=sys.stderr)
            continue
        print(f"{package.name}: {concerned} files, {len(findings)} findings ({time.monotonic() - started:.0f} s)", file=sys.stderr, flush=True)
        for finding in findings:
            path = package / finding["file"]
            text = path.read_text(encoding="utf-8", errors="replace")
            kind = innermost(ast.parse(text), finding["line"])
            kinds[f"{kind}, {finding['safety']}"] += 1
            first = max(finding["line"] - 6, 0)
            code = "\n".join(text.splitlines()[first : finding["line"] + 4])
            out.append(
                f"## {package.name}, {finding['file']}:{finding['line']} ({kind}, {finding['safety']})\n\n"
                f"{finding['message']}\n\n{finding.get('reason') or ''}\n\n```python\n{code}\n```\n"
            )
    print(f"{files} files with coroutine functions; {len(out)} findings")
    for kind, count in kinds.most_common():
        print(f"  {count} in {kind}")
    if options.output:
        options.output.write_text("\n".join(out), encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["recall", "precision"])
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--binary", default=str(Path("target/release/asyncfix").resolve()))
    parser.add_argument("--only", action="append", default=[], metavar="GLOB", help="packages by name")
    parser.add_argument("--largest", type=int, default=100_000, help="no packages of more files")
    parser.add_argument("--count", type=int, default=500)
    parser.add_argument("--each", type=int, default=10, help="awaits of one package")
    parser.add_argument("--least", type=int, default=50, help="no packages with fewer awaits")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--output", type=Path)
    options = parser.parse_args()
    options.binary = str(Path(options.binary).resolve())
    {"recall": recall, "precision": precision}[options.what](options)


if __name__ == "__main__":
    main()
