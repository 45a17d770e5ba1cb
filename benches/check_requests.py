"""Rewrite real files that use requests around coroutines, and let a type checker look for what is left.

Files that import requests and define coroutines are drawn from packages, each
rewritten with everything that asyncfix proposes, in a copy of its package. Then

1. what CPython's `compile` took before, it takes after;
2. mypy, with httpx and requests installed beside it, complains of nothing that
   it did not complain of before: an attribute, keyword or exception of requests
   left on an object of httpx would be such a complaint.

Told besides: how many requests of these files get which remedy, with the
commonest reasons.
"""

import argparse
import json
import random
import re
import shutil
import subprocess
import sys
import tempfile
from collections import Counter, defaultdict
from pathlib import Path

IMPORTS = re.compile(r"^\s*(?:import requests|from requests)\b", re.MULTILINE)
COMPLAINT = re.compile(r"^(?P<file>f\d+)\.py:\d+: error: (?P<what>.*)$")
# The same argument goes by another number in a thread.
PLACE = re.compile(r"Argument \S+ to \"[^\"]*\"(?: of \"[^\"]*\")?")
REASON = re.compile(r"instead, since (?P<why>.*)$")


def draw(pools: list[Path], count: int, most: int, seed: int) -> list[Path]:
    """Files at random, no more than `most` of any package."""
    found = defaultdict(list)
    for pool in pools:
        for path in sorted(pool.rglob("*.py")):
            if not path.is_file():
                continue
            text = path.read_text(encoding="utf-8", errors="replace")
            if "async def" in text and IMPORTS.search(text):
                found[pool / path.relative_to(pool).parts[0]].append(path)
    choice = random.Random(seed)
    drawn = [path for paths in found.values() for path in choice.sample(paths, min(most, len(paths)))]
    choice.shuffle(drawn)
    return sorted(drawn[:count])


def package_of(pools: list[Path], path: Path) -> Path:
    pool = next(pool for pool in pools if path.is_relative_to(pool))
    return pool / path.relative_to(pool).parts[0]


def compiles(text: bytes) -> bool:
    try:
        compile(text, "<checked>", "exec", dont_inherit=True)
    except (SyntaxError, ValueError):
        return False
    return True


def complaints(mypy: Path, texts: dict[str, bytes]) -> dict[str, Counter]:
    """What mypy says of each text, without the lines."""
    with tempfile.TemporaryDirectory() as folder:
        for name, text in texts.items():
            (Path(folder) / f"{name}.py").write_bytes(text)
        options = ["--check-untyped-defs", "--ignore-missing-imports", "--follow-imports=silent", "--no-error-summary"]
        command = [mypy, *options, "--cache-dir", f"{folder}/cache", "--python-executable", mypy.with_name("python")]
        names = list(texts)
        while True:
            run = subprocess.run([*command, *(f"{name}.py" for name in names)], cwd=folder, capture_output=True, text=True)
            refused = COMPLAINT.match(run.stdout)
            if run.returncode < 2 or refused is None:
                break
            # A file that mypy cannot read ends the whole run.
            names.remove(refused["file"])
        found = defaultdict(Counter)
        for match in map(COMPLAINT.match, run.stdout.splitlines()):
            if match:
                found[match["file"]][PLACE.sub("an argument", match["what"])] += 1
        return found


def rewrite(binary: Path, package: Path, scratch: Path) -> list[dict]:
    """Rewrite a copy of a package; gives what was found in it before."""
    shutil.copytree(package, scratch, ignore=lambda _, names: [n for n in names if n == ".git"])
    listing = subprocess.run(
        [binary, "--isolated", "--select", "blocking-http", "--output-format", "json", "."],
        cwd=scratch, capture_output=True, text=True,
    )
    written = subprocess.run(
        [binary, "--isolated", "--write", "--accept-review", "."], cwd=scratch, capture_output=True, text=True
    )
    if "please report" in written.stderr or "panicked" in written.stderr:
        print(f"{package.name}: {written.stderr}")
    report = json.loads(listing.stdout or "{}")
    return report.get("findings", []) if isinstance(report, dict) else report


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("pools", nargs="+", type=Path, help="folders of packages")
    parser.add_argument("--binary", type=Path, default=Path("target/release/asyncfix"))
    parser.add_argument("--mypy", type=Path, required=True, help="of an environment with requests and httpx")
    parser.add_argument("--count", type=int, default=300)
    parser.add_argument("--most", type=int, default=8, help="files of one package")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", type=Path, help="where to put the files, before and after")
    options = parser.parse_args()
    binary, mypy = options.binary.resolve(), options.mypy.absolute()
    pools = [pool.resolve() for pool in options.pools]

    drawn = draw(pools, options.count, options.most, options.seed)
    packages = sorted({package_of(pools, path) for path in drawn})
    print(f"{len(drawn)} files of {len(packages)} packages")
    remedies, reasons, names = Counter(), Counter(), {}
    before, after = {}, {}
    with tempfile.TemporaryDirectory() as scratch:
        for package in packages:
            copy = Path(scratch) / package.name
            findings = rewrite(binary, package, copy)
            mine = {path.relative_to(package) for path in drawn if package_of(pools, path) == package}
            for finding in findings:
                if Path(finding["file"]) in mine:
                    count(finding, remedies, reasons)
            for path in sorted(mine):
                name = f"f{len(names):04}"
                names[name] = f"{package.name}/{path}"
                before[name], after[name] = (package / path).read_bytes(), (copy / path).read_bytes()
            shutil.rmtree(copy)

    broken = [name for name in names if compiles(before[name]) and not compiles(after[name])]
    changed = {name for name in names if before[name] != after[name]}
    httpx = {name for name in changed if b"httpx" in after[name] and b"httpx" not in before[name]}
    if options.keep:
        for name in changed:
            for side, texts in [("before", before), ("after", after)]:
                target = options.keep / side / names[name]
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(texts[name])
    readable = sorted(name for name in changed if compiles(before[name]))
    old = complaints(mypy, {name: before[name] for name in readable})
    new = complaints(mypy, {name: after[name] for name in readable})
    worse = {name: new[name] - old[name] for name in changed if new[name] - old[name]}

    print(f"{len(changed)} changed, {len(httpx)} of them new to httpx")
    print(f"{len(broken)} that CPython rejects: {[names[name] for name in broken]}")
    print(f"{len(worse)} of which mypy says more than before")
    for name, said in sorted(worse.items()):
        for what in said:
            print(f"  {names[name]}: {what}")
    print("requests by remedy:", ", ".join(f"{remedy} {number}" for remedy, number in remedies.most_common()))
    for (remedy, reason), number in reasons.most_common(10):
        print(f"  {number:4} {remedy}: {reason}")
    return 1 if broken or worse else 0


def count(finding: dict, remedies: Counter, reasons: Counter) -> None:
    title, reason = finding.get("title") or "", finding.get("reason") or ""
    held = REASON.search(title)
    if held is not None:
        remedies["blocked, to a thread"] += 1
        reasons["blocked", re.sub(r"`[^`]*`", "`...`", held["why"])] += 1
        return
    remedies[finding["safety"]] += 1
    for part in filter(None, reason.split("; ")):
        reasons[finding["safety"], re.sub(r"`[^`]*`", "`...`", part)] += 1


if __name__ == "__main__":
    sys.exit(main())
