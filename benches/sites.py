"""Draw places in real packages that wait one at a time, and tell what asyncfix says of them.

Packages come in a random order, each with no more than a few of its loops,
comprehensions and rows of awaits, and no text twice, until there are enough.
Told are the shares that are safe, to be reviewed, and left to a person, and
the commonest reasons, in which names are left out.

With `--sample`, some of each kind are written to Markdown files with what would
become of them: they are there to be read, as a maintainer would.
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
NAME = re.compile(r"`[^`]*`")
NUMBER = re.compile(r"\b\d+\b")
# In seconds, for one package.
LIMIT = 300
# Lines around a change, and from the start of a site to where it is taken to end.
CONTEXT = 12
# How many packages are looked at in one go.
AT_ONCE = 2


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
    def text(self) -> str:
        """By which the same code is known in two places."""
        first, last = self.finding["line"] - 1, self.finding["end"]["line"]
        return " ".join("".join(self.lines[first : last + 3]).split())

    def reasons(self) -> Iterator[str]:
        for part in (self.finding["reason"] or "").split("; "):
            if part:
                yield NUMBER.sub("N", NAME.sub("`...`", part))

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
    """Unpacked source distributions, in a random order."""
    found = {folder.name: folder for pool in pools for folder in sorted(pool.iterdir()) if Path(folder, "PKG-INFO").is_file()}
    packages = [found[name] for name in sorted(found)]
    random.Random(seed).shuffle(packages)
    return packages


def sites_of(binary: Path, package: Path, extra: list[str]) -> list[Site] | None:
    """All sites of a package; None where it takes too long."""
    command = [binary, "--isolated", "--select", TRANSFORMS, "--output-format", "json", *extra, "."]
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


def draw(options: argparse.Namespace) -> tuple[list[Site], int]:
    packages = packages_of([pool.resolve() for pool in options.pools], options.seed)
    choice = random.Random(options.seed)
    drawn, texts, looked_at = [], set(), 0
    binary = options.binary.resolve()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        results = pool.map(lambda package: sites_of(binary, package, options.extra), packages)
        for sites in results:
            looked_at += 1
            if sites is None:
                continue
            choice.shuffle(sites)
            taken = 0
            for site in sites:
                if taken < options.most and site.text not in texts:
                    texts.add(site.text)
                    drawn.append(site)
                    taken += 1
            if len(drawn) >= options.count:
                pool.shutdown(wait=False, cancel_futures=True)
                break
    return drawn[: options.count], looked_at


def tell(sites: list[Site], looked_at: int) -> None:
    packages = len({site.package for site in sites})
    print(f"{len(sites)} sites of {packages} packages ({looked_at} looked at)\n")
    grades = ["safe", "review", "manual"]
    print("| kind | sites | safe | review | manual |")
    print("| --- | ---: | ---: | ---: | ---: |")
    for kind in ["loop", "comprehension", "row", "all"]:
        safeties = Counter(site.safety for site in sites if kind in (site.kind, "all"))
        total = safeties.total()
        shares = " | ".join(f"{safeties[grade]} ({safeties[grade] / max(total, 1):.1%})" for grade in grades)
        print(f"| {kind} | {total} | {shares} |")
    for grade in ("manual", "review"):
        for kind in ["loop", "comprehension", "row"]:
            these = [site for site in sites if (site.kind, site.safety) == (kind, grade)]
            reasons = Counter(reason for site in these for reason in set(site.reasons()))
            if these:
                print(f"\n{kind}, {grade} ({len(these)}):\n")
            for reason, number in reasons.most_common(10):
                print(f"- {number}: {reason}")


def write_sample(sites: list[Site], options: argparse.Namespace) -> None:
    options.into.mkdir(parents=True, exist_ok=True)
    for grade in options.safety:
        these = [site for site in sites if site.safety == grade]
        random.Random(options.seed).shuffle(these)
        file = options.into / f"{grade}.md"
        with file.open("w", encoding="utf-8") as out:
            for number, site in enumerate(these[: options.sample], start=1):
                finding = site.finding
                out.write(f"## {grade} {number}: {site.package}, {site.path}:{finding['line']} ({site.kind})\n\n")
                out.write(f"{finding['message']}\n\n{finding['reason'] or 'safe'}\n\n")
                out.write(f"```diff\n{site.hunk()}```\n\n")
        print(f"\n{file}: {min(len(these), options.sample)} of {len(these)}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("pools", nargs="+", type=Path, help="folders of unpacked source distributions")
    parser.add_argument("--binary", type=Path, default=Path("target/release/asyncfix"))
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--most", type=int, default=10, help="sites of one package")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--sample", type=int, default=0, help="how many to write down for reading")
    parser.add_argument("--safety", action="append", choices=["safe", "review", "manual"], help="of which; may be given several times")
    parser.add_argument("--into", type=Path, default=Path("target/sites"), help="where to write them")
    parser.add_argument("--extra", action="append", default=[], help="another argument for asyncfix, as --extra=--failure=first-error")
    options = parser.parse_args()
    options.safety = options.safety or ["safe", "review"]

    sites, looked_at = draw(options)
    tell(sites, looked_at)
    if options.sample:
        write_sample(sites, options)
    return 0


if __name__ == "__main__":
    sys.exit(main())
