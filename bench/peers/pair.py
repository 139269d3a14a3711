#!/usr/bin/env python3
"""One task against one peer, in a process of its own. Prints one JSON object.

Both are checked to compute the same from the same numbers, then timed in turns with the limits of the machine: the kernel
that only moves the streams and a loop written by hand. The peer `before` is another build of the library itself.
"""

import argparse
import json
import os
import statistics
import time

import numpy as np

from competitors import PEERS, Absent, Before, Limit, Thalweg, load
from memory import Pages, fill, parts, stream
from tasks import TASKS

CHECKED_STEPS = 3
MOST_APART = 1e-4  # of the largest change: rounding of the values themselves is some 1e-6 of it
SMALLEST = 100_000  # elements; below, calls cost more than memory and the limit says nothing
LIMITS = ("kernel", "fused")
PAUSE = 0.03  # the others' threads go to sleep


def apart(before, ours, theirs) -> float:
    """The largest difference beside the largest change."""
    change = max(float(np.abs(a - b).max()) for a, b in zip(ours, before))
    return max(float(np.abs(a - b).max()) for a, b in zip(ours, theirs)) / change


def clock_of(flags, task):
    """Wall time; or, where one step is a sample, the time of the processor divided by the threads, which leaves out
    the time in which others use the machine."""
    if flags.processor_time and task.steps == 1:
        return lambda: time.process_time() / flags.threads
    return time.perf_counter


def sample(step, steps: int, clock) -> float:
    """The median seconds of some steps."""
    seconds = []
    for _ in range(steps):
        start = clock()
        step()
        seconds.append(clock() - start)
    return statistics.median(seconds)


def interleave(competitors: dict, rounds: int) -> dict:
    """Every round times each once, beginning with another."""
    seconds = {name: [] for name in competitors}
    names = list(competitors)
    for one in competitors.values():
        one()
    for k in range(rounds):
        for name in names[k % len(names):] + names[:k % len(names)]:
            time.sleep(PAUSE)
            seconds[name].append(competitors[name]())
    return seconds


def median(samples) -> dict:
    """With the interval of 95 % of 10,000 resamplings."""
    samples = np.asarray(samples)
    random = np.random.default_rng(1)
    medians = np.median(random.choice(samples, (10_000, len(samples))), axis=1)
    low, high = np.quantile(medians, [0.025, 0.975])
    return {"median": float(np.median(samples)), "low": float(low), "high": float(high)}


def ratio(over, under) -> dict:
    return median(np.asarray(over) / np.asarray(under))


def compare(flags) -> dict:
    task = TASKS[flags.task]
    sizes = task.sizes(flags.size)
    elements = sum(sizes)
    with Pages() as value_pages:
        value = stream(elements, 0)
        value[:] = 0
    with Pages() as grad_pages:
        grad = stream(elements, 1)
        grad[:] = 0
    fill(value, 1, 0.02)
    fill(grad, 2, 0.01)
    before = value.copy()
    values = parts(value, sizes)
    library = load(flags.library)
    with Pages(value_pages, grad_pages) as thalweg_pages:
        thalweg = Thalweg(library, task, flags.threads, values, parts(grad, sizes))
        for _ in range(CHECKED_STEPS):
            thalweg.step()
    with Pages(value_pages) as peer_pages:
        clipped = stream(elements, 1)  # a peer that clips does so in place
        clipped[:] = grad
        theirs = stream(elements, 0)
        theirs[:] = before
        peer = make_peer(flags, task, parts(theirs, sizes), parts(clipped, sizes))
        for _ in range(CHECKED_STEPS):
            clipped[:] = grad
            peer.step()
    distance = apart([before], [value], [np.concatenate(peer.values())])
    if not distance <= getattr(peer, "most_apart", MOST_APART):
        raise SystemExit(f"{flags.peer} computes something else: {distance} apart")
    del before
    peer.move(values)
    competitors, pages = {"thalweg": thalweg, "peer": peer}, {"thalweg": thalweg_pages, "peer": peer_pages}
    for name in LIMITS if elements >= SMALLEST else ():
        with Pages() as pages[name]:
            competitors[name] = Limit(library, name, task, flags.threads, elements)
    seconds = interleave(timed(task, flags, competitors), flags.rounds)
    limits = [name for name in LIMITS if name in seconds]
    limit = min(limits, key=lambda name: statistics.median(seconds[name]), default=None)
    called = " from C++" if "peer from C++" in seconds else ""
    return {
        "version": peer.version,
        "tensors": len(sizes),
        "elements": elements,
        "apart": distance,
        "seconds": {name: median(samples) for name, samples in seconds.items()},
        "huge_pages": {name: one.share() for name, one in pages.items()},
        "prefetch": {name: competitors[name].distance for name in limits},  # elements ahead
        "peer_to_thalweg": ratio(seconds["peer" + called], seconds["thalweg" + called]),
        "limit": limit,
        "limit_to_thalweg": ratio(seconds[limit], seconds["thalweg"]) if limit else None,
        "samples": seconds,
    }


def make_peer(flags, task, values, grads):
    if flags.peer == "before":
        return Before(flags.against, task, flags.threads, values, grads)
    return PEERS[flags.peer](task, flags.threads, values, grads)


def timed(task, flags, competitors) -> dict:
    clock = clock_of(flags, task)
    calls = {name: lambda one=one: sample(one.step, task.steps, clock) for name, one in competitors.items()}
    if task.steps > 1:  # where the way from Python to C++ counts
        for name, one in competitors.items():
            if hasattr(one, "median"):
                calls[name + " from C++"] = lambda one=one: one.median(task.steps)
    return calls


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--task", choices=TASKS, required=True)
    parser.add_argument("--peer", choices=[*PEERS, "before"], required=True)
    parser.add_argument("--library", required=True)
    parser.add_argument("--against", help="another build of the library, for the peer `before`")
    parser.add_argument("--size", type=int, default=100_000_000)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--processor-time", action="store_true")
    flags = parser.parse_args()
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:flags.threads])
    try:
        result = compare(flags)
    except Absent as absent:
        result = {"absent": str(absent)}
    print(json.dumps({"task": flags.task, "peer": flags.peer, **result}))


if __name__ == "__main__":
    main()
