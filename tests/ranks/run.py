#!/usr/bin/env python3
"""Ranks under every MPI that the build has a module for: the same bits as one process, and an end when one rank goes.

Usage: tests/ranks/run.py BUILD [--kills N]    N kills for each MPI, and a fifth as many ranks that stand still
"""

import argparse
import os
import random
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

END = 30  # seconds in which all ranks have to be gone
MESSAGES = 4_000  # of rank 1 in a run of thalweg_rank_steps, or some more
LAUNCHERS = {"openmpi": ("mpirun.openmpi", "--oversubscribe", "-q"), "mpich": ("mpirun.mpich",)}


def launch(flavour: str, ranks: int, command: list, timeout: float) -> tuple[int, str, float]:
    """Exit code, what was said, and seconds; -1 where it had to be ended from here."""
    launcher, *flags = LAUNCHERS[flavour]
    allowed = {"OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1"} if os.getuid() == 0 else {}
    start = time.monotonic()
    process = subprocess.Popen([launcher, *flags, "-n", str(ranks), *map(str, command)], stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT, text=True, env={**os.environ, **allowed})
    try:
        said, _ = process.communicate(timeout=timeout)
        return process.returncode, said, time.monotonic() - start
    except subprocess.TimeoutExpired:
        process.kill()
        return -1, process.communicate()[0], time.monotonic() - start


def left_over(program: Path) -> list[str]:
    found = subprocess.run(["pgrep", "-f", str(program)], capture_output=True, text=True)
    return found.stdout.split()


class Tests:
    def __init__(self, build: Path):
        self.program = build / "thalweg_rank_steps"
        self.failed = 0

    def expect(self, right: bool, what: str, said: str) -> None:
        if right:
            return
        self.failed += 1
        print(f"failed: {what}\n{said}")

    def bits(self, flavour: str) -> None:
        for ranks, flags in ((1, ()), (2, ()), (3, ()), (4, ()), (3, ("--delay", 200))):
            rc, said, seconds = launch(flavour, ranks, [self.program, *flags], 120)
            self.expect(rc == 0 and f"{ranks} ranks: the same bits" in said, f"{flavour}, {ranks} ranks {flags}: rc {rc}", said)
            print(f"{flavour}: {ranks} ranks{' delayed' if flags else ''}, {seconds:.1f} s", flush=True)

    def fault(self, flavour: str, how: str, message: int) -> None:
        rc, said, seconds = launch(flavour, 3, [self.program, how, message], END + 5)
        if rc == 0 and "the same bits" in said:
            return  # it never sent as many
        what = f"{flavour}, {how} at message {message}: rc {rc}, {seconds:.1f} s"
        self.expect(rc not in (0, -1) and seconds < END, what, said)
        if how == "--stop":
            self.expect(re.search(r"rank 1 on \S+: (nothing came from it|it has not taken)", said) is not None, what, said)
        time.sleep(0.2)
        self.expect(not left_over(self.program), what + ", and a rank was left over", said)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build", type=Path)
    parser.add_argument("--kills", type=int, default=10)
    flags = parser.parse_args()
    tests = Tests(flags.build.resolve())
    flavours = [name for name in LAUNCHERS
                if (flags.build / f"libthalweg_mpi_{name}.so").exists() and shutil.which(LAUNCHERS[name][0])]
    if not flavours:
        print(f"ranks: no module of an MPI in {flags.build}; want libthalweg_mpi_openmpi.so or libthalweg_mpi_mpich.so and "
              "its mpirun; try make test-ranks")
        return 1
    draw = random.Random(1)
    for flavour in flavours:
        tests.bits(flavour)
        faults = ["--kill"] * flags.kills + ["--stop"] * (flags.kills // 5)
        for how in faults:
            tests.fault(flavour, how, draw.randrange(1, MESSAGES))
        print(f"{flavour}: {len(faults)} ranks went, {tests.failed} failures", flush=True)
    return 1 if tests.failed else 0


if __name__ == "__main__":
    sys.exit(main())
