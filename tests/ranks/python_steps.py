"""Ranks of MPI that step together through Python: mpirun -n N python tests/ranks/python_steps.py [--without]

With a communicator of mpi4py, its parts, and handles of nothing; --without: as Comm() finds the ranks by itself.
"""

import array
import math
import os
import sys
import tempfile
import traceback

import thalweg

CHAIN = "clip_norm(1) | adamw(lr=0.1) | average(decay=0.5)"
SIZES = {"a": 30000, "b": 7, "c": 2049}  # of several blocks, some of which begin within a parameter
UPDATES = 5


def gradients(rank: int, update: int) -> dict:
    """Whole numbers, whose sums are exact."""
    return {name: array.array("f", ((i * 7 + 3 * rank + update) % 11 - 5 for i in range(size))) for name, size in SIZES.items()}


def values(seed: int = 0) -> dict:
    return {name: array.array("f", (math.sin(i + seed) for i in range(size))) for name, size in SIZES.items()}


def alone(ranks: int) -> tuple[thalweg.Optimizer, dict]:
    """One process with the means of what so many ranks have."""
    at = values()
    optimizer = thalweg.Optimizer(at, CHAIN, threads=1)
    for update in range(UPDATES):
        parts = [gradients(rank, update) for rank in range(ranks)]
        mean = {name: array.array("f", (sum(part[name][i] for part in parts) * (1 / ranks) for i in range(size)))
                for name, size in SIZES.items()}
        optimizer.step(mean)
    return optimizer, at


def expect(right: bool, what: str) -> None:
    if not right:
        raise AssertionError(what)


def raised(kind, part: str, call) -> None:
    try:
        call()
    except kind as error:
        expect(part in str(error), f"another error: {error}")
        return
    raise AssertionError(f"no error with `{part}`")


def steps(comm: thalweg.Comm, folder: str) -> None:
    """The bits of one process, 1/n of its state, and what it would save."""
    wanted, at = alone(comm.size)
    ours = values(comm.rank)  # which become those of rank 0
    optimizer = thalweg.Optimizer(ours, CHAIN, threads=1, comm=comm)
    for update in range(UPDATES):
        optimizer.step(gradients(comm.rank, update))
    expect(ours == at, "other bits than one process")
    share = optimizer.state_bytes / wanted.state_bytes
    expect(abs(share - 1 / comm.size) < 0.15, f"a rank has {share:.2f} of the state")
    with optimizer.averaged(), wanted.averaged():
        expect(ours == at, "other averages than one process")
    path = os.path.join(folder, "saved")
    optimizer.save(path)
    with open(path, "rb") as file:
        saved = file.read()
    expect(saved == wanted.to_bytes(), "other bytes than one process saves")
    bytes_here = optimizer.to_bytes()
    expect(bytes_here == (saved if comm.rank == 0 else b""), "to_bytes")
    optimizer.save(path, wait=False)
    optimizer.wait_saved()

    again = values(7)
    resumed = thalweg.Optimizer(again, CHAIN, threads=1, comm=comm)
    resumed.load(path)
    resumed.step(gradients(comm.rank, 9))
    optimizer.step(gradients(comm.rank, 9))
    expect(again == ours, "a training that was taken up goes elsewhere")
    raised(thalweg.Error, "another rank could not" if comm.rank else "name a file", lambda: optimizer.save(folder))
    if comm.size > 1:
        optimizer.gather_state(comm.size - 1)
        raised(thalweg.UsageError, "root", lambda: optimizer.gather_state(comm.size))
        raised(thalweg.UsageError, "not given what rank 0 was",
               lambda: thalweg.Optimizer(values(), f"lr(0.{comm.rank + 1})", comm=comm))
    whole = thalweg.Optimizer(values(), CHAIN, comm=comm, whole_state=True)
    expect(whole.state_bytes == wanted.state_bytes, "not all of the state")
    expect(comm.most(comm.rank) == comm.size - 1, "most")


def with_mpi4py(folder: str) -> int:
    from mpi4py import MPI

    world = MPI.COMM_WORLD
    steps(thalweg.Comm(world, deadline=60), folder)
    # Ranks of a part of them, by another order.
    part = world.Split(world.rank % 2, -world.rank)
    with tempfile.TemporaryDirectory() as own:
        steps(thalweg.Comm(part), part.bcast(own))
        part.Barrier()
    if world.size > 1:
        between = part.Create_intercomm(part.size - 1, world, 1 - world.rank % 2)  # with the lowest rank of the others
        raised(thalweg.UsageError, "between two groups", lambda: thalweg.Comm(between))
        between.Free()
    part.Free()
    raised(thalweg.UsageError, "MPI_COMM_NULL", lambda: thalweg.Comm(MPI.COMM_NULL))

    class Handle:
        def __init__(self, number):
            self.py2f = lambda: number

    raised(thalweg.UsageError, "gives no ranks", lambda: thalweg.Comm(Handle(123_456)))
    at = values()
    kept = thalweg.Optimizer(at, CHAIN, comm=world)  # that is there when MPI has ended
    kept.step(gradients(world.rank, 0))
    rank, world = world.rank, Handle(world.py2f())
    MPI.Finalize()
    del kept
    raised(thalweg.UsageError, "MPI has ended", lambda: thalweg.Comm(world))
    return rank


def on_ranks() -> int:
    with tempfile.TemporaryDirectory() as own:
        if "--without" in sys.argv:
            comm = thalweg.Comm()
            folder = sys.argv[-1]
            steps(comm, folder)
            return comm.rank
        from mpi4py import MPI

        return with_mpi4py(MPI.COMM_WORLD.bcast(own))


def main() -> None:
    try:
        rank = on_ranks()
    except Exception:
        traceback.print_exc()
        os._exit(1)  # the others would wait for it
    if rank == 0:
        print("python: the same bits")


main()
