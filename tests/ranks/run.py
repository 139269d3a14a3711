#!/usr/bin/env python3
"""Ranks under every MPI that the build has a module for: the same bits as one process, and an end when one rank goes.

Usage: tests/ranks/run.py BUILD [--kills N]    N kills for each MPI, and a fifth as many ranks that stand still

Steps of optimizers (thalweg_rank_steps), then whole trainings by the tool: with batch statistics, dropout, clipping and an
average, stopped and resumed on other numbers of ranks, against one process with as many shards; then its other commands.
"""

import argparse
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
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
    """Processes of that program."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if (process / "exe").readlink() == program:
                found.append(process.name)
        except OSError:  # it has ended, or is another user's
            pass
    return found


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


MODEL = "conv2d(4, kernel=3) | batch_norm | relu | flatten | dropout(0.1) | dense(10)"
CHAIN = "clip_norm(1) | adamw(lr=cosine(1e-2), decay=0.01) | average(decay=0.9)"
UPDATES = 92


class Trainings:
    """What the tool trains on ranks is what one process trains, byte for byte."""

    def __init__(self, tests: Tests, build: Path, folder: Path):
        self.tests, self.tool, self.folder = tests, build.resolve() / "thalweg", folder
        self.settings = ["train", "--quiet", "--model", MODEL, "--optimizer", CHAIN, "--epochs", "4", "--batch", "64",
                         "--shards", "4"]

    def train(self, flavour: str, ranks: int, name: str, *flags) -> tuple[int, str]:
        command = [self.tool, *self.settings, "--threads", "1", "--out", self.folder / name, *flags]
        rc, said, _ = launch(flavour, ranks, command, 300)
        return rc, said

    def resume(self, flavour: str, ranks: int, name: str, *flags) -> tuple[int, str]:
        rc, said, _ = launch(flavour, ranks, [self.tool, "train", "--quiet", "--resume", self.folder / name, *flags], 300)
        return rc, said

    def weights(self, name: str, updates: int = UPDATES) -> bytes:
        path = self.folder / name / "checkpoints" / f"{updates}.safetensors"
        return path.read_bytes() if path.exists() else b""

    def all(self, flavour: str) -> None:
        alone = f"{flavour}-alone"
        subprocess.run([self.tool, *self.settings, "--threads", "2", "--out", self.folder / alone], check=True,
                       capture_output=True)
        for ranks, state in ((2, "sharded"), (3, "whole"), (3, "sharded")):
            name = f"{flavour}-{ranks}-{state}"
            rc, said = self.train(flavour, ranks, name, "--state", state)
            same = self.weights(name) == self.weights(alone) != b""
            self.tests.expect(rc == 0 and same, f"{flavour}, {name}: rc {rc}", said)
        name = f"{flavour}-stopped"
        rc, said = self.train(flavour, 2, name, "--max-time", "0.3s")
        resumed, more = self.resume(flavour, 3, name)
        self.tests.expect(rc in (0, 143) and resumed == 0 and self.weights(name) == self.weights(alone),
                          f"{flavour}, stopped on 2 and resumed on 3: rc {rc}, {resumed}", said + more)
        self.refused(flavour)
        print(f"{flavour}: trainings, {self.tests.failed} failures", flush=True)

    def refused(self, flavour: str) -> None:
        """Ranks that were not given the same, and errors that all meet: told once, with their codes."""
        command = [self.tool, *self.settings, "--out", self.folder / f"{flavour}-other"]
        parts = [*command, "--seed", "1", ":", "-n", "1", *command, "--seed", "2"]
        rc, said, seconds = launch(flavour, 1, parts, END)
        self.tests.expect(rc == 2 and "it was not given what rank 0 was" in said and seconds < END,
                          f"{flavour}, other seeds: rc {rc}", said)
        rc, said, seconds = launch(flavour, 1, [*command, ":", "-n", "1", *command, "--data", "absent.csv"], END)
        self.tests.expect(rc != 0 and "absent.csv" in said and seconds < END, f"{flavour}, no data: rc {rc}", said)
        command = [self.tool, "train", "--quiet", "--optimizer", "gd(lr=1e30)", "--out", self.folder / f"{flavour}-wild"]
        rc, said, seconds = launch(flavour, 3, command, END)
        self.tests.expect(rc == 5 and said.count("not finite") == 1, f"{flavour}, diverged: rc {rc}", said)


class Commands:
    """What else the tool does on ranks is what one process does, byte for byte on stdout."""

    MODEL = ("--model", "dense(16) | batch_norm | relu | dense(10)")

    def __init__(self, tests: Tests, build: Path, folder: Path):
        self.tests, self.tool, self.folder = tests, build.resolve() / "thalweg", folder
        run = folder / "judged"
        self.alone("train", "--quiet", *self.MODEL, "--epochs", "2", "--out", run)
        search = [*self.MODEL, "--epochs", "2"]
        self.commands = {
            "compare": ["compare", "--quiet", "--optimizers", "sgd; adam", *search, "--seeds", "3", "--rates", "2",
                        "--tuning-seeds", "1", "--format", "csv"],
            "folds": ["train", "--quiet", "--folds", "3", *search],
            "tune": ["tune", *search, "--optimizer", "adam(lr=log(1e-4, 1))", "--trials", "5", "--json"],
            "lr-find": ["lr-find", *search, "--optimizer", "adam(lr=1e-3)", "--json"],
            "eval": ["eval", run, "--part", "train", "--json"],
            "predict": ["predict", run],
        }

    def alone(self, *command) -> str:
        return subprocess.run([self.tool, *command], check=True, capture_output=True, text=True).stdout

    def out(self, name: str, where: str) -> list:
        return ["--out", self.folder / f"{where}-{name}"] if name in ("compare", "folds", "predict") else []

    def told(self, name: str, text: str, where: str) -> str:
        """What it prints but for its folder, or has written."""
        path = self.folder / f"{where}-{name}"
        return path.read_text() if path.is_file() else text.replace(f"{self.folder}/{where}-", "")

    def all(self, flavour: str) -> None:
        for name, command in self.commands.items():
            where = f"{flavour}-alone"
            wanted = self.told(name, self.alone(*command, *self.out(name, where)), where)
            rc, said, _ = launch(flavour, 3, [self.tool, *command, *self.out(name, flavour)], 120)
            self.tests.expect(rc == 0 and self.told(name, said, flavour) == wanted != "", f"{flavour}, {name}: rc {rc}", said)
        rc, said, seconds = launch(flavour, 3, [self.tool, "eval", self.folder / "absent"], END)
        self.tests.expect(rc == 3 and said.count("absent") == 1 and seconds < END, f"{flavour}, no run: rc {rc}", said)
        rc, said, _ = launch(flavour, 3, [self.tool, "train", "--dry-run"], END)
        self.tests.expect(rc == 0 and said.count("in 4 shards, on 3 ranks of 1 thread") == 1, f"{flavour}, dry run: rc {rc}", said)
        print(f"{flavour}: commands, {self.tests.failed} failures", flush=True)


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
        with tempfile.TemporaryDirectory() as folder:
            Trainings(tests, flags.build, Path(folder)).all(flavour)
            Commands(tests, flags.build, Path(folder)).all(flavour)
    return 1 if tests.failed else 0


if __name__ == "__main__":
    sys.exit(main())
