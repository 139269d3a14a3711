#!/usr/bin/env python3
"""Steps through Python: thalweg.torch.Optimizer beside torch's own AdamW, in turns, in one process.

Usage: bench/python/torch_steps.py [--tasks many,model,large,tiny] [--rounds N] [--threads N] [--size N] [--fresh]
Needs torch and numpy, and the library: build/libthalweg_core.so, or an installed one. Prints a line for each task and
competitor: their time over that of the library, above 1 the library is faster.

Each has parameters of its own, with the same values and gradients; three steps must agree before anything is timed.
--fresh gives every step new gradients, as backward does after zero_grad.
"""

import argparse
import os
import statistics
import sys
import time
from pathlib import Path

import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent / "python"))
import thalweg  # noqa: E402: found there
import thalweg.torch  # noqa: E402

MOST_APART = 1e-4  # of the largest change; rounding of the values is some 1e-6 of it
ADAMW = {"lr": 1e-3, "weight_decay": 0.01}
TINY = 2000  # steps of one sample
STEPS = {"many": 5, "model": 5, "large": 1}  # the same; a sample is their median


def sizes_of(task: str, size: int) -> list[int]:
    return {"many": [64] * 10_000, "model": [5_000] * 200, "large": [size]}[task]


def parameters(sizes: list[int]) -> list[torch.nn.Parameter]:
    torch.manual_seed(1)
    made = [torch.nn.Parameter(0.02 * torch.randn(size)) for size in sizes]
    for one in made:
        one.grad = torch.randn(one.shape)
    return made


def competitors(sizes: list[int], names: list[str]) -> dict:
    """Name -> (parameters, optimizer)."""
    make = {
        "thalweg": lambda p: thalweg.torch.Optimizer.from_torch(torch.optim.AdamW(p, **ADAMW)),
        "fused": lambda p: torch.optim.AdamW(p, fused=True, **ADAMW),
        "foreach": lambda p: torch.optim.AdamW(p, foreach=True, **ADAMW),
        "default": lambda p: torch.optim.AdamW(p, **ADAMW),
    }
    out = {}
    for name in names:
        mine = parameters(sizes)
        out[name] = mine, make[name](mine)
    return out


def check(all_of_them: dict) -> float:
    """The largest difference after three steps, over the largest change."""
    ours, optimizer = all_of_them["thalweg"]
    before = [one.detach().clone() for one in ours]
    for _, stepping in all_of_them.values():
        for _ in range(3):
            stepping.step()
    change = max(float((a - b).detach().abs().max()) for a, b in zip(ours, before))
    apart = max(float((a - b).detach().abs().max()) for theirs, _ in all_of_them.values() for a, b in zip(ours, theirs))
    if not apart <= MOST_APART * change:
        raise SystemExit(f"they compute something else: {apart} apart where {change} is the largest change")
    return apart / change


def renew(members) -> None:
    for one in members:
        one.grad = one.grad.clone()


def sample(members, optimizer, steps: int, fresh: bool) -> float:
    """The median seconds of some steps."""
    seconds = []
    for _ in range(steps):
        if fresh:
            renew(members)
        start = time.perf_counter()
        optimizer.step()
        seconds.append(time.perf_counter() - start)
    return statistics.median(seconds)


def interleave(all_of_them: dict, rounds: int, steps: int, fresh: bool) -> dict[str, list[float]]:
    seconds: dict[str, list[float]] = {name: [] for name in all_of_them}
    order = list(all_of_them)
    for k in range(rounds):
        for name in order[k % len(order):] + order[:k % len(order)]:
            time.sleep(0.02)  # the others' threads go to sleep
            seconds[name].append(sample(*all_of_them[name], steps, fresh))
    return seconds


def spread(samples) -> str:
    """Median, and the interval of 95 % of 10,000 resamplings."""
    samples = np.asarray(samples)
    medians = np.median(np.random.default_rng(1).choice(samples, (10_000, len(samples))), axis=1)
    low, high = np.quantile(medians, [0.025, 0.975])
    return f"{np.median(samples):8.2f} [{low:.2f}, {high:.2f}]"


def compare(task: str, flags) -> None:
    names = ["thalweg", "fused", "default"] + (["foreach"] if task != "large" else [])
    all_of_them = competitors(sizes_of(task, flags.size), names)
    apart = check(all_of_them)
    seconds = interleave(all_of_them, flags.rounds, STEPS[task], flags.fresh)
    ours = seconds.pop("thalweg")
    print(f"{task:6} thalweg  {1e3 * statistics.median(ours):9.3f} ms, fastest {1e3 * min(ours):.3f}   apart {apart:.1e}")
    for name, theirs in seconds.items():
        print(f"{task:6} {name:8} {1e3 * statistics.median(theirs):9.3f} ms, fastest {1e3 * min(theirs):.3f}   "
              f"{name}/thalweg {spread(np.array(theirs) / np.array(ours))}")


def tiny(flags) -> None:
    """One step over 16 elements of NumPy, beside the same through torch."""
    value, gradient = {"w": np.zeros(16, np.float32)}, {"w": np.ones(16, np.float32)}
    ours = thalweg.Optimizer(value, "adamw(lr=1e-3)", threads=flags.threads)
    mine = parameters([16])
    theirs = torch.optim.AdamW(mine, fused=True, **ADAMW)
    adopted = parameters([16])
    drop_in = thalweg.torch.Optimizer.from_torch(torch.optim.AdamW(adopted, **ADAMW))
    steps = {"thalweg.Optimizer": lambda: ours.step(gradient), "thalweg.torch": drop_in.step, "torch fused": theirs.step}
    seconds: dict[str, list[float]] = {name: [] for name in steps}
    for _ in range(flags.rounds):
        for name, step in steps.items():
            samples = []
            for _ in range(TINY):
                start = time.perf_counter()
                step()
                samples.append(time.perf_counter() - start)
            seconds[name].append(statistics.median(samples))
    for name, samples in seconds.items():
        print(f"tiny   {name:18} {spread(1e6 * np.array(samples))} us")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tasks", default="tiny,many,model,large")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--size", type=int, default=100_000_000)
    parser.add_argument("--fresh", action="store_true")
    flags = parser.parse_args()
    torch.set_num_threads(flags.threads)
    print(f"torch {torch.__version__}, thalweg {thalweg.version()}, {flags.threads} threads, load "
          f"{os.getloadavg()[0]:.1f}, AdamW, float32")
    for task in flags.tasks.split(","):
        tiny(flags) if task == "tiny" else compare(task, flags)


if __name__ == "__main__":
    main()
