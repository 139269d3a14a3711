#!/usr/bin/env python3
"""Ranks beside threads of one process, and a step on ranks beside what it is made of, in turns.

Usage: bench/ranks/trainings.py --data DIR [--rounds N] [--ranks 2] [--mpi openmpi,mpich] [--size ELEMENTS] [--overlap all]
DIR holds `mnist` in IDX files. Trainings: seconds of the updates of a run, as its result tells them, of ranks of one thread
each beside one process of as many threads; and of one process with four shards beside one. Writes build/ranks.json.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "peers"))
from run import BUILD, machine  # noqa: E402

LAUNCHERS = {"openmpi": ("mpirun.openmpi", "--oversubscribe", "-q"), "mpich": ("mpirun.mpich",)}
CONVOLUTIONS = ("conv2d(32, 3, padding=1) | relu | max_pool(2) | conv2d(64, 3, padding=1) | relu | max_pool(2) | flatten | "
                "dense(128) | relu | dense(10)")
TRAININGS = {"perceptron": ("dense(256) | relu | dense(10)", 512, 3), "convolutions": (CONVOLUTIONS, 128, 1)}


def launched(mpi: str, ranks: int, command: list) -> str:
    allowed = {"OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1"} if os.getuid() == 0 else {}
    words = [*LAUNCHERS[mpi], "-n", ranks, *command] if mpi else command
    return subprocess.run([str(word) for word in words], check=True, text=True, stdout=subprocess.PIPE,
                          env={**os.environ, **allowed}).stdout


def seconds(flags, name: str, mpi: str, ranks: int, *options) -> float:
    model, batch, epochs = TRAININGS[name]
    with tempfile.TemporaryDirectory() as folder:
        source = f"idx(\"{(flags.data / 'mnist').resolve()}\")"
        launched(mpi, ranks, [flags.program, "train", "--quiet", "--data", source, "--model", model, "--batch", batch, "--epochs",
                              epochs, "--optimizer", "adamw(lr=1e-3)", "--overlap", flags.overlap, "--out", f"{folder}/run",
                              *options])
        return json.loads(Path(folder, "run", "result.json").read_text())["seconds"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--ranks", type=int, default=2)
    parser.add_argument("--mpi", default=",".join(m for m, words in LAUNCHERS.items() if shutil.which(words[0])))
    parser.add_argument("--size", type=int, default=100_000_000)
    parser.add_argument("--overlap", default="all")
    parser.add_argument("--program", type=Path, default=BUILD / "thalweg")
    flags = parser.parse_args()
    found = {"machine": machine(), "ranks": flags.ranks, "trainings": {}}
    threads = ("--threads", flags.ranks)
    for name in TRAININGS:
        ways = {"one process": ("", 1, *threads), "one process, 4 shards": ("", 1, *threads, "--shards", 4)}
        ways |= {f"ranks, {mpi}": (mpi, flags.ranks, "--threads", 1) for mpi in flags.mpi.split(",")}
        times = {way: [] for way in ways}
        for _ in range(flags.rounds):
            for way, how in ways.items():
                times[way].append(seconds(flags, name, *how))
        found["trainings"][name] = times
        for way, of in times.items():
            ratio = statistics.median(one / own for one, own in zip(times["one process"], of))
            print(f"{name:13} {way:22} {statistics.median(of):7.3f} s, {ratio:.2f} x one process", flush=True)
    for mpi in flags.mpi.split(","):
        print(launched(mpi, flags.ranks, [BUILD / f"bench_ranks_{mpi}", "--size", flags.size]).strip(), flush=True)
    (BUILD / "ranks.json").write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
