#!/usr/bin/env python3
"""Prints the share of the lines of src/ and include/ that the tests ran, by folder, and the files with the least.

Usage: tools/coverage.py BUILD [LEAST]
BUILD is a build of the preset `coverage` whose tests have run. Exits 1 when the whole is below LEAST percent (85).
Reads the counts with gcovr.
"""

import json
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
WORST = 10


def measure(build: str) -> dict[str, tuple[int, int]]:
    """file: (lines, lines that ran)."""
    command = ["gcovr", "--root", str(ROOT), "--object-directory", build, "--json-summary", "-", "--exclude-throw-branches",
               "--filter", "src/", "--filter", "include/", "--exclude", r".*_test\.(cc|h)", "--exclude", ".*/test_.*"]
    done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    files = json.loads(done.stdout)["files"]
    return {file["filename"]: (file["line_total"], file["line_covered"]) for file in files if file["line_total"]}


def row(name: str, lines: int, ran: int) -> str:
    return f"{name:32} {lines:6} {100 * ran / lines:6.1f} %"


def main(arguments: list[str]) -> int:
    if not 1 <= len(arguments) <= 2 or arguments[0].startswith("-"):
        print(__doc__, file=sys.stderr)
        return 2
    least = float(arguments[1]) if len(arguments) == 2 else 85.0
    files = measure(arguments[0])
    folders: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for name, counts in files.items():
        for i in range(2):
            folders["/".join(name.split("/")[:2])][i] += counts[i]
    print("\n".join(row(name, *folders[name]) for name in sorted(folders)))
    print("\nthe files with the most lines that no test ran:")
    worst = sorted(files, key=lambda name: files[name][1] - files[name][0])[:WORST]
    print("\n".join(row(name, *files[name]) for name in worst))
    total, ran = (sum(counts[i] for counts in files.values()) for i in range(2))
    print("\n" + row("all", total, ran))
    if 100 * ran < least * total:
        print(f"coverage: got {100 * ran / total:.1f} %; want at least {least} %")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
