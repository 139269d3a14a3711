#!/usr/bin/env python3
"""Whole steps of networks beside those of torch, optax, FANN and dlib, in turns, each in a process of its own.

Usage: bench/networks/steps.py [--tasks tiny,...] [--threads N] [--rounds N] [--seconds S]
Uses the virtual environment of bench/peers, and libfann-dev and libdlib-dev where they are installed. Prints, for each pair, peer / ours
(above 1 the library is faster) as the median over rounds with its 95 % interval, and writes build/networks.json.
"""

import argparse
import ctypes.util
import json
import os
import random
import statistics
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "peers"))
from run import BEST, BUILD, environment, machine  # noqa: E402

from nets import PEERS, TASKS  # noqa: E402

SCAN = 256  # steps in one call of optax_scan
FANN = BUILD / "libbench_fann.so"
DLIB = BUILD / "bench_dlib"


class Competitor:
    def __init__(self, command, variables):
        self.process = subprocess.Popen([str(word) for word in command], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE, text=True, bufsize=1, env=variables)
        self.failed = None
        line = self.process.stdout.readline()
        while line and not line.startswith("READY"):
            line = self.process.stdout.readline()
        if not line:
            lines = self.process.stderr.read().strip().splitlines()
            self.failed = lines[-1] if lines else "it ended"

    def seconds(self, steps):
        self.process.stdin.write(f"{steps}\n")
        while True:
            line = self.process.stdout.readline()
            if line.startswith("T "):
                return float(line[2:])
            if not line:
                raise RuntimeError(self.process.stderr.read())

    def calibrate(self, seconds, scans):
        """The number of steps that take about so long."""
        self.steps = SCAN if scans else 1
        while self.steps < 1 << 24 and self.seconds(self.steps) < seconds / 2:
            self.steps *= 2

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def build(library, compiler, *words):
    """Whether a peer in C or C++ is there: built where its library is installed."""
    command = [*compiler.split(), "-O3", "-march=native", *words]
    return ctypes.util.find_library(library) is not None and subprocess.run(command, capture_output=True).returncode == 0


def interval(ratios):
    chance = random.Random(1)
    medians = sorted(statistics.median(chance.choices(ratios, k=len(ratios))) for _ in range(2000))
    return statistics.median(ratios), medians[50], medians[1949]


def compare(task, flags, python, variables, built):
    ours = Competitor([flags.program, "--serve", "--tasks", task, "--threads", flags.threads], variables)
    competitors = {"thalweg": ours}
    for peer in PEERS[task]:
        if peer in ("fann", "dlib") and peer not in built:
            print(f"{task:13} {peer:20} absent: lib{peer}-dev is not installed")
            continue
        command = [DLIB, task] if peer == "dlib" else [python, HERE / "competitor.py", peer, task, flags.threads]
        competitors[peer] = Competitor(command, variables)
    found = {"task": task, "seconds": {}, "ratios": {}, "failed": {}}
    for name, competitor in list(competitors.items()):
        if competitor.failed:
            found["failed"][name] = competitor.failed
            del competitors[name]
        else:
            competitor.calibrate(flags.seconds, name == "optax_scan")
    times = {name: [] for name in competitors}
    for turn in range(flags.rounds):
        names = list(competitors)
        for name in names[turn % len(names):] + names[:turn % len(names)]:
            times[name].append(competitors[name].seconds(competitors[name].steps) / competitors[name].steps)
    for name, competitor in competitors.items():
        found["seconds"][name] = {"median": statistics.median(times[name]), "least": min(times[name])}
        competitor.close()
        if name != "thalweg":
            found["ratios"][name] = interval([a / b for a, b in zip(times[name], times["thalweg"])])
    return found


def show(found):
    for name, seconds in found["seconds"].items():
        ratio = found["ratios"].get(name)
        tail = f"   peer / ours {ratio[0]:7.2f} [{ratio[1]:.2f}, {ratio[2]:.2f}]" if ratio else ""
        print(f"{found['task']:13} {name:20} {1e6 * seconds['median']:12.3f} us a step (least {1e6 * seconds['least']:.3f}){tail}")
    for name, why in found["failed"].items():
        print(f"{found['task']:13} {name:20} absent: {why}")
    sys.stdout.flush()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tasks", default=",".join(TASKS), help="%(default)s")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=11)
    parser.add_argument("--seconds", type=float, default=0.2, help="of one sample; default: %(default)s")
    parser.add_argument("--program", type=Path, default=BUILD / "bench" / "bench_networks")
    parser.add_argument("--json", type=Path, default=BUILD / "networks.json")
    flags = parser.parse_args()
    python = environment()
    variables = {**os.environ, **BEST, "OMP_NUM_THREADS": str(flags.threads), "PYTHONDONTWRITEBYTECODE": "1"}
    built = {"fann"} if build("fann", "cc", "-shared", "-fPIC", HERE / "fann.c", "-o", FANN, "-lfann", "-lm") else set()
    if build("dlib", "c++ -std=c++20", HERE / "dlib.cc", "-o", DLIB, "-ldlib", "-lblas", "-llapack", "-lpthread"):
        built.add("dlib")
    variables["THALWEG_BENCH_FANN"] = str(FANN)
    results = {"machine": machine(), "threads": flags.threads, "rounds": flags.rounds, "tasks": []}
    for task in flags.tasks.split(","):
        results["tasks"].append(compare(task, flags, python, variables, built))
        show(results["tasks"][-1])
        flags.json.write_text(json.dumps(results, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
