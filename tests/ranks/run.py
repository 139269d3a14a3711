#!/usr/bin/env python3
"""Ranks under every MPI that the build has a module for: the same bits as one process, and an end when one rank goes.

Usage: tests/ranks/run.py BUILD [--long] [--kills N]

The short form is for every change, minutes long. --long is for what ranks are built on: every shape of ranks and threads,
three networks, faults at every message of an update, kills and stops of every rank. N kills for each MPI, 10 or 500, and a few
ranks that stand still. C and Python are tried as well.
"""

import argparse
import signal
import sys
import tempfile
from pathlib import Path

import bits
import faults
import hosts
from commands import Commands
from doors import Doors
from launching import Failures, flavours
from trainings import Trainings


def short(trainings: Trainings, build: Path, kills: int, found: list[str]) -> None:
    """What is alike under every MPI is taken in turns."""
    features, commands = list(bits.FEATURES), Commands(trainings)
    for turn, flavour in enumerate(found):
        faults_of_steps(trainings.failures, flavour, build, kills)
        bits.of_trainings(trainings, flavour)
        bits.of_features(trainings, flavour, features[turn::len(found)])
        whole = faults.TrainingFaults(trainings, flavour)
        whole.not_given_the_same(build, faults.FAILS_ALONE[turn:turn + 1])
        whole.data()
        whole.signalled(signal.SIGKILL, turn, 2 - turn)
        whole.without_disk()
        commands.all(flavour)
        print(f"{flavour}: trainings, {trainings.failures.count} failures", flush=True)
    bits.of_vectors(trainings.failures, found[0], build, bits.ROOT / "tests" / "vectors" / "oracles")
    bits.of_folds(trainings, found[-1])
    bits.of_a_batch_that_is_found(trainings, found[0])
    bits.of_initial_weights(trainings, found[-1])
    bits.of_interrupted(trainings, "digits", found, "sharded")


def faults_of_steps(failures: Failures, flavour: str, build: Path, kills: int) -> None:
    program = build / "thalweg_rank_steps"
    bits.of_steps(failures, flavour, program)
    steps = faults.StepFaults(failures, flavour, program)
    steps.kill(3, kills)
    steps.stop(3, kills // 10)


def long(trainings: Trainings, build: Path, kills: int, found: list[str]) -> None:
    vectors = bits.SHARED / "vectors"
    allocator = build / "tests" / "libthalweg_failing_allocator.so"
    networks = ["digits"]
    if (bits.SHARED / "data" / "mnist").is_dir():
        bits.part_of_mnist(trainings.folder)
        networks = list(bits.NETWORKS)
    for network in networks:
        bits.of_every_shape(trainings, network, found)
        for state in ("sharded", "whole"):
            bits.of_interrupted(trainings, network, found, state)
    for flavour in found:
        bits.of_features(trainings, flavour, list(bits.FEATURES))
        bits.of_vectors(trainings.failures, flavour, build, vectors if vectors.is_dir() else bits.ROOT / "tests" / "vectors" / "oracles")
        whole = faults.TrainingFaults(trainings, flavour)
        whole.not_given_the_same(build, faults.FAILS_ALONE)
        for rank in range(3):
            whole.signalled(signal.SIGKILL, rank, 4 - rank)
            whole.signalled(signal.SIGSTOP, rank, 4 - rank)
            whole.without_memory(allocator, rank)
        print(f"{flavour}: ranks of trainings went, {trainings.failures.count} failures", flush=True)
        steps = faults.StepFaults(trainings.failures, flavour, build / "thalweg_rank_steps")
        steps.kill(3, kills // 2)
        steps.kill(4, kills - kills // 2)
        steps.stop(3, kills // 20)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build", type=Path)
    parser.add_argument("--long", action="store_true")
    parser.add_argument("--kills", type=int)
    flags = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # takes away what was mounted and joined
    build, failures = flags.build.resolve(), Failures()
    found = flavours(build)
    if not found:
        print(f"ranks: no module of an MPI in {flags.build}; want libthalweg_mpi_openmpi.so or libthalweg_mpi_mpich.so and "
              "its mpirun; try make test-ranks")
        return 1
    with tempfile.TemporaryDirectory() as folder:
        trainings = Trainings(failures, build, Path(folder))
        doors = Doors(failures, build)
        for flavour in found:
            doors.all(flavour)
        short(trainings, build, flags.kills or 10, found)
        with hosts.two_hosts(Path(folder)) as two:
            if two is None:
                print("ranks: no network namespaces may be made here; two hosts are not tried")
            else:
                for flavour in found:
                    hosts.on_two_hosts(trainings, flavour, build, two, flags.long)
                hosts.late_cable(trainings, found, build, two)
        if flags.long:
            long(trainings, build, flags.kills or 500, found)
    return 1 if failures.count else 0


if __name__ == "__main__":
    sys.exit(main())
