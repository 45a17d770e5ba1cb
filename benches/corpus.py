"""Fetch the packages that asyncfix is measured on.

Reads `name==version kind` lines, asks pip for each package's sdist or wheel,
and unpacks it into `<output>/<name>-<version>/`. The standard library of the
running interpreter, tests included, is copied to `<output>/stdlib-<X.Y.Z>/`.

An sdist usually carries the tests, which a wheel leaves out, but it is not only
read: `pip download` runs its build script, in an isolated environment, to learn
its metadata. Nothing from a wheel is ever executed. pip uses whatever index it
is configured with and checks the hashes that index gives. Wheels are always
chosen for one fixed platform and Python version, so every machine gets the same
corpus (apart from the standard library).

A folder that already holds the right kind is kept, so an interrupted run can be
repeated; one of the other kind is replaced. Packages are fetched one at a time.
Needs a POSIX system.
"""

import argparse
import os
import platform
import re
import shutil
import signal
import subprocess
import sys
import sysconfig
import tarfile
import tempfile
import zipfile
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).resolve().parent
LINE = re.compile(r"([A-Za-z0-9][A-Za-z0-9._-]*)==([A-Za-z0-9][A-Za-z0-9.!+]*)\s+(sdist|wheel)")
# How long pip may take over one package.
SECONDS = 180

# The wheels to take, whatever machine this runs on.
WHEEL_TARGET = [
    "--only-binary=:all:",
    "--implementation=cp",
    "--python-version=3.14",
    *(f"--platform=manylinux{tag}_x86_64" for tag in ("_2_34", "_2_28", "_2_17", "2014", "_2_5", "1")),
]


class Package(NamedTuple):
    """One line of the list."""

    name: str
    version: str
    kind: str

    @property
    def pin(self) -> str:
        return f"{self.name}=={self.version}"

    def is_in(self, folder: Path) -> bool:
        """Whether a folder holds this package in its kind: sdists have a PKG-INFO at their root, wheels have not."""
        return folder.is_dir() and Path(folder, "PKG-INFO").is_file() == (self.kind == "sdist")


def read_packages(path: Path) -> list[Package]:
    """Return the packages of a list, without comments."""
    lines = (line.partition("#")[0].strip() for line in path.read_text().splitlines())
    packages = []
    for line in filter(None, lines):
        match = LINE.fullmatch(line)
        if not match:
            raise SystemExit(f"{path}: expected 'name==version sdist' or 'name==version wheel', found {line!r}")
        packages.append(Package(*match.groups()))
    return packages


def download(package: Package, scratch: Path) -> str | None:
    """Have pip put one package's archive into a folder; return its complaint, if any."""
    selection = [f"--no-binary={package.name}"] if package.kind == "sdist" else WHEEL_TARGET
    # The code is only read: it need not run on the Python that asks for it.
    options = ["--quiet", "--no-deps", "--ignore-requires-python", *selection, "--dest", str(scratch)]
    command = [sys.executable, "-m", "pip", "download", *options, package.pin]
    with tempfile.TemporaryDirectory() as temporary:
        environment = {**os.environ, "TMPDIR": temporary}
        pip = subprocess.Popen(
            command,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            env=environment,
            # A session of its own, so that a build script ends together with its pip.
            start_new_session=True,
        )
        with pip:
            try:
                _, complaint = pip.communicate(timeout=SECONDS)
            except subprocess.TimeoutExpired:
                return f"pip took more than {SECONDS} seconds"
            finally:
                if pip.poll() is None:
                    os.killpg(pip.pid, signal.SIGKILL)
    return None if pip.returncode == 0 else complaint.strip() or f"pip exited with {pip.returncode}"


def unpack(archive: Path, folder: Path) -> Path:
    """Unpack an sdist or a wheel below a folder, never outside it; return the root of its tree."""
    if archive.suffix == ".whl":
        # `extractall` drops drive letters, leading slashes and `..`.
        with zipfile.ZipFile(archive) as wheel:
            wheel.extractall(folder)
        return folder
    with tarfile.open(archive) as sdist:
        sdist.extractall(folder, filter="data")
    (root,) = folder.iterdir()
    return root


def fetch(package: Package, output: Path) -> str | None:
    """Download and unpack one package; return what went wrong, if anything."""
    folder = output / f"{package.name}-{package.version}"
    if package.is_in(folder):
        return None
    with tempfile.TemporaryDirectory(dir=output, prefix=".fetch-") as scratch:
        downloads = Path(scratch, "downloads")
        problem = download(package, downloads)
        if problem:
            return problem
        (archive,) = downloads.iterdir()
        try:
            root = unpack(archive, Path(scratch, "unpacked"))
        except (tarfile.TarError, zipfile.BadZipFile) as error:
            return f"{archive.name}: {error}"
        if not package.is_in(root):
            return f"{archive.name} does not look like a {package.kind}"
        # The folder appears only once it is complete.
        if folder.exists():
            folder.rename(Path(scratch, "replaced"))
        root.rename(folder)
    return None


def copy_standard_library(output: Path) -> None:
    """Copy the running interpreter's library, without installed packages."""
    folder = output / f"stdlib-{platform.python_version()}"
    if folder.exists():
        return
    skipped = shutil.ignore_patterns("site-packages", "dist-packages", "__pycache__", "lib-dynload", "config-*")
    with tempfile.TemporaryDirectory(dir=output, prefix=".stdlib-") as scratch:
        copy = Path(scratch, "copy")
        shutil.copytree(sysconfig.get_path("stdlib"), copy, ignore=skipped, symlinks=True)
        copy.rename(folder)


def summarize(output: Path) -> str:
    """Say how much Python code the corpus holds."""
    sizes = [file.stat().st_size for file in output.rglob("*.py") if file.is_file()]
    return f"{output}: {len(sizes):,} Python files, {sum(sizes) / 1e6:,.0f} MB"


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--list", type=Path, default=HERE / "corpus.txt", help="the packages (default: corpus.txt beside this script)")
    parser.add_argument(
        "--output", type=Path, default=HERE.parent / "target/corpus", help="where to put them (default: target/corpus of this repository)"
    )
    return parser.parse_args()


def main() -> int:
    arguments = parse_arguments()
    arguments.output.mkdir(parents=True, exist_ok=True)
    packages = read_packages(arguments.list)
    failures = 0
    for number, package in enumerate(packages, start=1):
        problem = fetch(package, arguments.output)
        failures += problem is not None
        print(f"[{number}/{len(packages)}] {package.pin} {package.kind}: {problem or 'ready'}", file=sys.stderr, flush=True)
    copy_standard_library(arguments.output)
    print(summarize(arguments.output))
    return 1 if failures else 0


if __name__ == "__main__":
    raise SystemExit(main())
