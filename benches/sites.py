"""Draw places in real packages that wait one at a time, and tell what asyncfix says of them.

Packages come in a random order, each with no more than a few of its loops,
comprehensions and rows of awaits, and no text twice, until there are enough.
asyncfix sees the whole package, so that it knows what is called. Told are the
shares that are safe, to be reviewed, and left to a person, those of tests
apart, and the commonest reasons, in which names are left out.

With `--sample`, some of each kind are written to Markdown files with what would
become of them: they are there to be read, as a maintainer would. Too few of one
kind are filled up from all other sites, for which `--whole` looks into every
package. `--but` leaves out what was written, and read, before.
"""

import argparse
import difflib
import json
import random
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

TRANSFORMS = "await-in-loop,sequential-awaits"
NAMES = re.compile(r"`[^`]*`(?:(?:, | and )(?:`[^`]*`|\d+ more))*")
# Where something is said to be: in what function, in what line.
WITHIN = re.compile(r"^in `[^`]*`, | \((?:[^()\s]+:\d+: `[^`]*`(?:, )?)+\)|,? (?:in|on|at|of) line \d+| \(line \d+\)|:\d+$")
NUMBER = re.compile(r"\b\d+\b")
TEST = re.compile(r"(?:^|/)(?:tests?|testing)/|(?:^|/)(?:test_[^/]*|[^/]*_test|conftest)\.py$")
HEADING = re.compile(r"^## \w+ \d+: (?P<package>\S+), (?P<path>.+):(?P<line>\d+) \(", re.MULTILINE)
GRADES = ["safe", "review", "manual"]
KINDS = ["loop", "comprehension", "row"]
# In seconds, for one package.
LIMIT = 300
# Lines around a change, and from the start of a site to where it is taken to end.
CONTEXT = 12


@dataclass
class Site:
    """A place that waits one at a time, with what is said of it."""

    package: str
    path: str
    finding: dict
    lines: list[str]

    @property
    def kind(self) -> str:
        message = self.finding["message"]
        if self.finding["transform"] != "await-in-loop":
            return "row"
        return "comprehension" if "comprehension" in message else "loop"

    @property
    def safety(self) -> str:
        return self.finding["safety"]

    @property
    def place(self) -> tuple[str, str, int]:
        return self.package, self.path, self.finding["line"]

    @property
    def in_test(self) -> bool:
        return bool(TEST.search(self.path))

    @property
    def text(self) -> str:
        """By which the same code is known in two places."""
        first, last = self.finding["line"] - 1, self.finding["end"]["line"]
        return " ".join("".join(self.lines[first : last + 3]).split())

    def reasons(self) -> Iterator[str]:
        for part in (self.finding["reason"] or "").split("; "):
            if part:
                yield NUMBER.sub("N", NAMES.sub("`...`", WITHIN.sub("", part)))

    def hunk(self) -> str:
        """The change as a diff, or the lines if there is none."""
        if not self.finding["edits"]:
            first = max(self.finding["line"] - 1 - CONTEXT // 2, 0)
            return "".join(f" {line}" for line in self.lines[first : first + 2 * CONTEXT])
        changed = edited(self.lines, self.finding["edits"])
        diff = difflib.unified_diff(self.lines, changed, n=CONTEXT)
        return "".join(line if line.endswith("\n") else f"{line}\n" for line in list(diff)[2:])


def edited(lines: list[str], edits: list[dict]) -> list[str]:
    text = "".join(lines)
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line))
    for edit in sorted(edits, key=lambda edit: (edit["start"]["line"], edit["start"]["column"]), reverse=True):
        start, end = (starts[edit[side]["line"] - 1] + edit[side]["column"] - 1 for side in ("start", "end"))
        text = text[:start] + edit["text"] + text[end:]
    return text.splitlines(keepends=True)


def packages_of(pools: list[Path], seed: int) -> list[Path]:
    """Unpacked source distributions, in a random order: wheels carry no tests."""
    folders = [folder for pool in pools for folder in sorted(pool.iterdir()) if folder.is_dir()]
    found = {folder.name: folder for folder in folders if not any(folder.glob("*.dist-info")) and not folder.name.startswith("stdlib-")}
    packages = [found[name] for name in sorted(found)]
    random.Random(seed).shuffle(packages)
    return packages


def sites_of(binary: Path, package: Path, extra: list[str]) -> list[Site] | None:
    """All sites of a package; None where it takes too long."""
    command = [binary, "--isolated", "--jobs", "1", "--select", TRANSFORMS, "--output-format", "json", *extra, "."]
    try:
        run = subprocess.run(command, cwd=package, capture_output=True, text=True, timeout=LIMIT)
    except subprocess.TimeoutExpired:
        return None
    if "panicked" in run.stderr or "please report" in run.stderr or not run.stdout:
        print(f"{package.name}: {run.stderr}", file=sys.stderr)
        return None
    texts: dict[str, list[str]] = {}
    sites = []
    for finding in json.loads(run.stdout):
        path = finding["file"]
        if path not in texts:
            text = (package / path).read_bytes().decode("utf-8", "replace")
            texts[path] = text.splitlines(keepends=True)
        sites.append(Site(package.name, path, finding, texts[path]))
    return sites


def draw(options: argparse.Namespace) -> tuple[list[Site], list[Site], int]:
    """The sites drawn, and those beside them in the packages looked at, whose number is the last."""
    packages = packages_of([pool.resolve() for pool in options.pools], options.seed)
    choice = random.Random(options.seed)
    drawn, others, texts, looked_at = [], [], set(), 0
    binary = options.binary.resolve()
    with ThreadPoolExecutor(options.at_once) as pool:
        results = pool.map(lambda package: sites_of(binary, package, options.extra), packages)
        for sites in results:
            looked_at += 1
            choice.shuffle(sites or [])
            taken = 0
            for site in sites or []:
                if site.text in texts:
                    continue
                texts.add(site.text)
                if taken < options.most and len(drawn) < options.count:
                    drawn.append(site)
                    taken += 1
                else:
                    others.append(site)
            if len(drawn) >= options.count and not options.whole:
                pool.shutdown(wait=False, cancel_futures=True)
                break
    return drawn, others, looked_at


def shares(title: str, sites: list[Site]) -> None:
    packages = len({site.package for site in sites})
    print(f"\n{title}: {len(sites)} sites of {packages} packages\n")
    print("| kind | sites | safe | review | manual |")
    print("| --- | ---: | ---: | ---: | ---: |")
    for kind in [*KINDS, "all"]:
        safeties = Counter(site.safety for site in sites if kind in (site.kind, "all"))
        total = safeties.total()
        columns = " | ".join(f"{safeties[grade]} ({safeties[grade] / max(total, 1):.1%})" for grade in GRADES)
        print(f"| {kind} | {total} | {columns} |")


def tell(drawn: list[Site], others: list[Site]) -> None:
    shares("drawn", drawn)
    shares("of them in tests", [site for site in drawn if site.in_test])
    shares("of them elsewhere", [site for site in drawn if not site.in_test])
    shares("all of the packages looked at", drawn + others)
    for grade in ("manual", "review"):
        for kind in [*KINDS, "all"]:
            these = [site for site in drawn if kind in (site.kind, "all") and site.safety == grade]
            reasons = Counter(reason for site in these for reason in set(site.reasons()))
            if these:
                print(f"\n{kind}, {grade} ({len(these)}):\n")
            for reason, number in reasons.most_common(10):
                print(f"- {number}: {reason}")


def places_in(files: list[Path]) -> set[tuple[str, str, int]]:
    texts = [file.read_text(encoding="utf-8") for file in files]
    return {(found["package"], found["path"], int(found["line"])) for text in texts for found in HEADING.finditer(text)}


def write_sample(drawn: list[Site], others: list[Site], options: argparse.Namespace) -> None:
    options.into.mkdir(parents=True, exist_ok=True)
    known = places_in(options.but)
    for grade in options.safety:
        these = []
        for sites in (drawn, others):
            more = [site for site in sites if site.safety == grade and site.place not in known]
            random.Random(options.seed).shuffle(more)
            these.extend(more)
        file = options.into / f"{grade}.md"
        with file.open("w", encoding="utf-8") as out:
            for number, site in enumerate(these[: options.sample], start=1):
                finding = site.finding
                reason = finding["reason"] or "; ".join(finding["evidence"]) or "safe"
                out.write(f"## {grade} {number}: {site.package}, {site.path}:{finding['line']} ({site.kind})\n\n")
                out.write(f"{finding['message']}\n\n{reason}\n\n")
                out.write(f"`````diff\n{site.hunk()}`````\n\n")
        print(f"\n{file}: {min(len(these), options.sample)} of {len(these)}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("pools", nargs="+", type=Path, help="folders of unpacked source distributions")
    parser.add_argument("--binary", type=Path, default=Path("target/release/asyncfix"))
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--most", type=int, default=6, help="how many sites of one package")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--whole", action="store_true", help="look into every package, though there are enough")
    parser.add_argument("--at-once", type=int, default=2, help="how many packages are looked at in one go")
    parser.add_argument("--sample", type=int, default=0, help="how many to write down for reading")
    parser.add_argument("--safety", action="append", choices=["safe", "review", "manual"], help="of which; may be given several times")
    parser.add_argument("--into", type=Path, default=Path("target/sites"), help="where to write them")
    parser.add_argument("--but", nargs="+", type=Path, default=[], help="files of samples that are not to be written again")
    parser.add_argument("--extra", action="append", default=[], help="another argument for asyncfix, as --extra=--failure=first-error")
    options = parser.parse_args()
    options.safety = options.safety or ["safe", "review"]

    drawn, others, looked_at = draw(options)
    print(f"{looked_at} packages looked at")
    tell(drawn, others)
    if options.sample:
        write_sample(drawn, others, options)
    return 0


if __name__ == "__main__":
    sys.exit(main())
