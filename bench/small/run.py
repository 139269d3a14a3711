#!/usr/bin/env python3
"""What the library costs before it computes: start, planning, compilation, size.

Usage: bench/small/run.py [--rounds N] [--json FILE]
Needs the targets bench_first_step and bench_planning (make bench-small). Prints a line a figure.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
BUILD = ROOT / "build"
FIRST_STEP = Path(__file__).resolve().parent / "first_step.cc"
STANDARD = "#include <map>\n#include <memory>\n#include <span>\n#include <string>\n#include <vector>\nint main() {}\n"


def seconds_of(command) -> float:
    start = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


def interleaved(commands: dict, rounds: int) -> dict:
    """Median seconds of each, timed in turns."""
    samples = {name: [] for name in commands}
    for _ in range(rounds):
        for name, command in commands.items():
            samples[name].append(seconds_of(command))
    return {name: {"median": statistics.median(some), "fastest": min(some)} for name, some in samples.items()}


def start(folder: Path, rounds: int) -> dict:
    """From exec to exit, beside a program that does nothing."""
    nothing = folder / "nothing"
    (folder / "nothing.cc").write_text("int main() {}\n")
    subprocess.run(["c++", "-O2", folder / "nothing.cc", "-o", nothing], check=True)
    return interleaved({"nothing": [nothing], "first_adamw_step": [BUILD / "bench" / "bench_first_step"]}, rounds)


def planning(rounds: int) -> dict:
    samples: dict = {}
    for _ in range(rounds):
        done = subprocess.run([BUILD / "bench" / "bench_planning"], check=True, capture_output=True, text=True)
        for line in done.stdout.splitlines():
            name, milliseconds = line.split()
            samples.setdefault(name, []).append(float(milliseconds) / 1e3)
    return {name: {"median": statistics.median(some), "fastest": min(some)} for name, some in samples.items()}


def compilation(folder: Path, rounds: int) -> dict:
    """One source of a user, -O2, without a cache of the compiler's results."""
    program = FIRST_STEP.read_text()
    sources = {"standard_headers": STANDARD, "optimizer.h": program,
               "thalweg.h": program.replace("thalweg/optimizer.h", "thalweg/thalweg.h")}
    commands = {}
    for name, text in sources.items():
        source = folder / (name + ".cc")
        source.write_text(text)
        commands[name] = ["c++", "-std=c++20", "-O2", "-I", ROOT / "include", "-c", source, "-o", folder / "a.o"]
    return interleaved(commands, rounds)


def stripped(folder: Path, program: Path) -> int:
    out = folder / "stripped"
    subprocess.run(["strip", "-o", out, program], check=True)
    return os.path.getsize(out)


def sizes(folder: Path) -> dict:
    """Bytes; the library holds the loops of every SIMD target."""
    core = BUILD / "libthalweg_core.a"
    listed = subprocess.run(["size", "-t", core], check=True, capture_output=True, text=True).stdout
    text, data = listed.splitlines()[-1].split()[:2]
    whole = folder / "whole"
    subprocess.run(["c++", "-std=c++20", "-O2", "-I", ROOT / "include", FIRST_STEP, "-Wl,--whole-archive", core,
                    "-Wl,--no-whole-archive", "-lhwy", "-pthread", "-o", whole], check=True)
    return {"core_text_and_data": int(text) + int(data), "program_with_all_of_the_core": stripped(folder, whole),
            "program_of_the_first_step": stripped(folder, BUILD / "bench" / "bench_first_step")}


def show(results: dict) -> None:
    for what in ("start", "planning", "compilation"):
        for name, one in results[what].items():
            print(f"{what:12} {name:28} {1e3 * one['median']:10.3f} ms   fastest {1e3 * one['fastest']:10.3f} ms")
    for name, size in results["size"].items():
        print(f"{'size':12} {name:28} {size / 2**20:10.3f} MiB")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=31, help="of a start and of planning; a seventh of it compiles")
    parser.add_argument("--json", type=Path, default=BUILD / "small.json")
    flags = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        results = {"start": start(folder, flags.rounds), "planning": planning(flags.rounds),
                   "compilation": compilation(folder, max(1, flags.rounds // 7)), "size": sizes(folder)}
    show(results)
    flags.json.write_text(json.dumps(results, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
