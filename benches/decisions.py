"""Decide about everything that is found in a repository, go on through its history, and see what holds.

    python benches/decisions.py REPOSITORY --commits 100 --seed 1 --binary target/release/asyncfix

A commit is drawn, everything that asyncfix finds there counts as decided, and the
commits that follow are looked at one by one. A decision holds where path, transform
and anchor of a finding are the same as they were. Whether it should is judged
without asyncfix: `git diff` says which lines are the ones that stood there before,
and Python's own parser whether the statement on them still is the same.

Per decision and commit: *kept* where it holds for the finding on the same lines,
*moved* where the lines changed or moved, and it holds for the same statement of the
same function (of several equal ones, for the one at the same place in their order),
*lost* where the statement stands and the transform finds something there, but the
decision does not hold, *elsewhere* where it holds for any other statement. What is
no longer found at all counts for none of these.
"""

import argparse
import ast
import json
import random
import re
import subprocess
import sys
import tempfile
import warnings
from collections import Counter
from dataclasses import dataclass
from functools import cache
from pathlib import Path

warnings.simplefilter("ignore")
HUNK = re.compile(r"^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@", re.M)
type Finding = dict
type Key = tuple[str, str, str]


@dataclass(frozen=True)
class Statement:
    """The innermost statement around a place: its lines, whose it is, and what it says."""

    first: int
    last: int
    scope: str
    said: str


def git(repository: Path, *arguments: str) -> str:
    done = subprocess.run(
        ["git", "-C", str(repository), *arguments], capture_output=True, check=True
    )
    return done.stdout.decode(errors="replace")


def key(finding: Finding) -> Key:
    anchor = json.dumps(finding["anchor"], sort_keys=True)
    return finding["file"].removeprefix("./"), finding["transform"], anchor


@cache
def statements(text: str) -> list[Statement]:
    """All statements, outer ones before those in them."""
    found: list[Statement] = []

    def walk(node: ast.AST, scope: tuple[str, ...]) -> None:
        for child in ast.iter_child_nodes(node):
            inner = scope
            if isinstance(child, ast.stmt):
                decorators = getattr(child, "decorator_list", [])
                first = min([child.lineno, *(each.lineno for each in decorators)])
                said = ast.dump(child)
                found.append(Statement(first, child.end_lineno or first, ".".join(scope), said))
                if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                    inner = (*scope, child.name)
            walk(child, inner)

    try:
        walk(ast.parse(text), ())
    except (SyntaxError, ValueError, RecursionError):
        return []
    return found


def around(text: str, first: int, last: int) -> Statement | None:
    holding = [one for one in statements(text) if one.first <= first and last <= one.last]
    return min(holding, key=lambda one: one.last - one.first, default=None)


def mapped(diff: str, first: int, last: int) -> int | None:
    """Where the first of some lines is after a change; nothing if any of them changed."""
    shift = 0
    for match in HUNK.finditer(diff):
        start, count, _, new = (int(part) if part else 1 for part in match.groups())
        begin = start if count else start + 1
        if begin + count <= first:
            shift += new - count
        elif begin <= last:
            return None
    return first + shift


def rank(text: str, of: Statement) -> tuple[str, str, int, int]:
    """Which it is of the equal statements of its function, and how many these are."""
    equal = [one for one in statements(text) if (one.scope, one.said) == (of.scope, of.said)]
    return of.scope, of.said, equal.index(of), len(equal)


class History:
    """A repository, and what is found in its commits."""

    def __init__(self, repository: Path, binary: Path) -> None:
        self.repository, self.binary = repository, binary

    def commits(self) -> list[str]:
        """Commits that change Python files, the oldest first."""
        log = git(self.repository, "log", "--first-parent", "--format=%H", "--", "*.py")
        return log.split()[::-1]

    def findings(self, commit: str) -> list[Finding]:
        git(self.repository, "checkout", "--quiet", "--force", commit)
        done = subprocess.run(
            [str(self.binary), "--isolated", "--quiet", "--output-format=json", "."],
            cwd=self.repository,
            capture_output=True,
            check=False,
        )
        found = json.loads(done.stdout)
        return [finding for finding in found if finding["anchor"]]

    @cache
    def text(self, commit: str, path: str) -> str:
        try:
            return git(self.repository, "show", f"{commit}:{path}")
        except subprocess.CalledProcessError:
            return ""

    @cache
    def diff(self, before: str, after: str, path: str) -> str:
        return git(self.repository, "diff", "-U0", "--no-renames", before, after, "--", path)


def judge(
    history: History,
    start: str,
    commit: str,
    decided: dict[Key, Finding],
    outcome: Counter[str],
) -> list[str]:
    """Counts what became of the decisions; what was lost or holds elsewhere, as lines."""
    told = []
    found = history.findings(commit)
    by_key = {key(finding): finding for finding in found}
    places = {(path, transform, finding["line"]) for finding in found for path, transform, _ in [key(finding)]}
    for known, finding in decided.items():
        path, transform, _ = known
        before, after = history.text(start, path), history.text(commit, path)
        old = around(before, finding["line"], finding["end"]["line"])
        if old is None:
            outcome["not judged"] += 1
            continue
        diff = history.diff(start, commit, path)
        first = mapped(diff, old.first, old.last) if after else None
        new = around(after, first, first + old.last - old.first) if first else None
        stands = new is not None and (new.said, new.scope) == (old.said, old.scope)
        line = finding["line"] + first - old.first if first else None
        held = by_key.get(known)
        where = f"{commit[:10]} {path}:{finding['line']} {transform}"
        if held and stands and held["line"] == line:
            outcome["kept"] += 1
        elif held:
            place = around(after, held["line"], held["end"]["line"])
            if place and rank(before, old) == rank(after, place):
                outcome["moved"] += 1
            else:
                outcome["elsewhere"] += 1
                told.append(f"elsewhere: {where} -> {held['line']}")
        elif stands and (path, transform, line) in places:
            outcome["lost"] += 1
            told.append(f"lost: {where}, now {line}")
        else:
            outcome["gone"] += 1
    return told


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("repository", type=Path, help="a git repository, which is cloned")
    parser.add_argument("--commits", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--least", type=int, default=50, help="findings there are at the start")
    parser.add_argument("--binary", type=Path, default=Path("target/release/asyncfix"))
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        clone = Path(folder) / "clone"
        whole = ["git", "clone", "--quiet", "--shared", "--no-checkout"]
        subprocess.run([*whole, str(arguments.repository), str(clone)], check=True)
        git(clone, "sparse-checkout", "set", "--no-cone", "*.py", "*.toml", "*.cfg")
        history = History(clone, arguments.binary.resolve())
        commits = history.commits()
        drawn = random.Random(arguments.seed)
        for _ in range(20):
            at = drawn.randrange(max(1, len(commits) - arguments.commits))
            start, later = commits[at], commits[at + 1 : at + 1 + arguments.commits]
            decided = {key(finding): finding for finding in history.findings(start)}
            if len(decided) >= arguments.least:
                break
        else:
            sys.exit("too little is found in this repository")
        outcome: Counter[str] = Counter()
        told = []
        for commit in later:
            told += judge(history, start, commit, decided, outcome)
    for line in told[:40]:
        print(line)
    stand = outcome["kept"] + outcome["lost"] + outcome["elsewhere"]
    share = outcome["kept"] / stand if stand else 0
    print(f"start {start}, {len(decided)} decisions, {len(later)} commits")
    print(", ".join(f"{word} {outcome[word]}" for word in ("kept", "moved", "lost", "elsewhere", "gone", "not judged")))
    print(f"{share:.2%} of the decisions whose statement stands are found again")


if __name__ == "__main__":
    main()
