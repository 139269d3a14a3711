#!/usr/bin/env python3
"""Applies each mutant of tools/mutants.txt to a copy of the tree and shows that the tests find it.

Usage: tools/mutants.py [--check] [--only TEXT] [--jobs N] [--write docs/mutants.md]
--check only looks whether every mutant's text stands in its file exactly once. Exits 1 when a mutant survives.
"""

import argparse
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
COPY = ROOT / "build-mutants"


@dataclass
class Mutant:
    name: str
    file: str
    old: str
    new: str
    tests: str  # a regular expression of ctest


def read_mutants(path: Path) -> list[Mutant]:
    mutants = []
    for number, line in enumerate(path.read_text().splitlines(), 1):
        if not line or line.startswith("#"):
            continue
        # `\|` is a bar within a field; the last field may hold bars as they are.
        fields = [field.replace("\0", "|").strip() for field in line.replace("\\|", "\0").split(" | ", 4)]
        if len(fields) != 5:
            sys.exit(f"{path}:{number}: a mutant has five fields; got {len(fields)}")
        mutants.append(Mutant(*fields))
    return mutants


def misplaced(mutant: Mutant) -> str:
    count = (ROOT / mutant.file).read_text().count(mutant.old)
    return "" if count == 1 else f"{mutant.file}: `{mutant.old}` stands there {count} times; want once"


def run(*command: str) -> subprocess.CompletedProcess:
    return subprocess.run(command, cwd=COPY, capture_output=True, text=True)


def copy_tree() -> None:
    files = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True, check=True)
    for name in files.stdout.splitlines():
        source, target = ROOT / name, COPY / name
        if not source.is_file():
            continue
        if target.exists() and target.read_bytes() == source.read_bytes():
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)  # with a new date: the object of a mutant may be younger than the source
    for folder in ("src", "tests", "include"):  # what has gone since
        for target in (COPY / folder).rglob("*.*"):
            if not (ROOT / target.relative_to(COPY)).exists():
                target.unlink()


def build(jobs: str) -> subprocess.CompletedProcess:
    return run("cmake", "--build", "--preset", "release", "-j", jobs, "--target", "thalweg_tests")


def verdict(mutant: Mutant, jobs: str) -> str:
    """How the mutant ended: killed by which test, or alive."""
    path = COPY / mutant.file
    original = path.read_text()
    path.write_text(original.replace(mutant.old, mutant.new))
    try:
        if build(jobs).returncode != 0:
            return "does not compile"
        result = run("ctest", "--preset", "release", "-R", mutant.tests, "-j", jobs, "--stop-on-failure")
        failed = [line.split("- ", 1)[1].split(" (")[0].split("  #")[0] for line in result.stdout.splitlines() if "(Failed)" in line and "- " in line]
        if result.returncode == 0:
            return "ALIVE"
        return "killed by " + (failed[0] if failed else "a crash")
    finally:
        path.write_text(original)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--only", default="")
    parser.add_argument("--jobs", default="2")
    parser.add_argument("--write", type=Path)
    options = parser.parse_args()
    mutants = [m for m in read_mutants(ROOT / "tools" / "mutants.txt") if options.only in m.name]
    problems = [problem for problem in map(misplaced, mutants) if problem]
    for problem in problems:
        print(f"mutants: {problem}", file=sys.stderr)
    if problems or options.check:
        return 1 if problems else 0
    copy_tree()
    if not (COPY / "build" / "build.ninja").exists():
        run("cmake", "--preset", "release")
    if (built := build(options.jobs)).returncode != 0:
        sys.exit("mutants: the tree does not build\n" + built.stdout[-2000:])
    rows, alive = [], 0
    for mutant in mutants:
        start = time.monotonic()
        ended = verdict(mutant, options.jobs)
        alive += not ended.startswith("killed")
        rows.append(f"| {mutant.name} | `{mutant.file}` | {ended} |")
        print(f"{mutant.name}: {ended} ({time.monotonic() - start:.0f} s)", flush=True)
    if options.write:
        head = "# Mutants\n\nFaults of the kind that optimizers have had, each put into a copy of the library by\n`tools/mutants.py --write docs/mutants.md`, and the first test that found it.\n\n| fault | file | end |\n|---|---|---|\n"
        options.write.write_text(head + "\n".join(rows) + "\n")
    return 1 if alive else 0


if __name__ == "__main__":
    sys.exit(main())
