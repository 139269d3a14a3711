#!/usr/bin/env python3
"""Compares what the headers of C promise, and what the shared libraries of a build show, with the ABI as it was published.

Usage: tools/abi.py BUILD [--write]
include/thalweg/c.h and c_comm.h are compiled with empty functions, whose types abidw writes down; abidiff says what is
other than in tests/install/c.abi. Added functions are fine; one that changed or went needs another THALWEG_ABI_VERSION. Each function
must be shown by exactly one library, and no library may show anything else but C++ of this version. --write publishes.
"""

import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
HEADERS = ("thalweg/c.h", "thalweg/c_comm.h")
PUBLISHED = ROOT / "tests/install/c.abi"
PROTOTYPE = re.compile(r"^THALWEG_API (const char\*|uint32_t|thalweg_status) (thalweg_\w+)(\([^;]*\));", re.MULTILINE)
LIBRARIES = ("libthalweg_core.so", "libthalweg.so", "libthalweg_lab.so")


def functions_of_headers() -> list[tuple[str, str, str]]:
    """What each returns, its name and its arguments."""
    return [found for header in HEADERS for found in PROTOTYPE.findall((ROOT / "include" / header).read_text())]


def described(folder: Path) -> str:
    """The types of all functions of the headers, as abidw tells them."""
    code = [f'#include "{header}"' for header in HEADERS]
    code += [f"{kind} {name}{arguments} {{ return 0; }}" for kind, name, arguments in functions_of_headers()]
    source, library = folder / "c.c", folder / "c.so"
    source.write_text("\n".join(code))
    subprocess.run(["gcc", "-std=c99", "-g", "-shared", "-fPIC", "-w", "-I", ROOT / "include", source, "-o", library], check=True)
    return subprocess.run(["abidw", "--no-corpus-path", "--no-comp-dir-path", "--no-show-locs", library], check=True,
                          capture_output=True, text=True).stdout


def shown(library: Path) -> tuple[set[str], set[str]]:
    """The C functions that a library shows, and what else is not of one version."""
    lines = subprocess.run(["nm", "-D", "--defined-only", library], check=True, capture_output=True, text=True).stdout
    names = [line.split()[-1] for line in lines.splitlines()]
    functions = {name.split("@")[0] for name in names if name.endswith("@@THALWEG_1")}
    others = {name for name in names if not re.search(r"@@THALWEG_(1|CXX_[0-9.]+)$", name) and not name.startswith("THALWEG_")}
    return functions, others


def check_symbols(build: Path) -> list[str]:
    wanted = {name for _, name, _ in functions_of_headers()}
    faults, seen = [], {}
    for name in LIBRARIES:
        functions, others = shown(build / name)
        faults += [f"{name}: shows what is nobody's business; got {other}; want it inside" for other in sorted(others)]
        for function in sorted(functions):
            if function not in wanted:
                faults.append(f"{name}: a function that is in no header of C; got {function}")
            if function in seen:
                faults.append(f"{name}: a function that {seen[function]} shows, too; got {function}")
            seen[function] = name
    return faults + [f"headers of C: no library shows it; got {name}" for name in sorted(wanted - set(seen))]


def main() -> int:
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    faults = check_symbols(Path(sys.argv[1]))
    with tempfile.TemporaryDirectory() as folder:
        now = Path(folder) / "c.abi"
        now.write_text(described(Path(folder)))
        if "--write" in sys.argv:
            PUBLISHED.write_text(now.read_text())
        compared = subprocess.run(["abidiff", "--no-added-syms", PUBLISHED, now], capture_output=True, text=True, check=False)
        if compared.returncode != 0:
            faults.append(compared.stdout + compared.stderr)
    for fault in faults:
        print(fault)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
