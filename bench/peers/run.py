#!/usr/bin/env python3
"""Optimizer steps of the library beside those of its peers: which is faster, and how near is memory's limit?

Usage: bench/peers/run.py [--tasks adamw,...] [--peers torch_fused,...] [--size N] [--rounds N] [--threads N]
Makes a virtual environment with the peers under build/, runs each pair in a process of its own, prints a line
for each, and writes build/peers.json. With --against FILE another build of the library is a peer too, `before`:
two states of the library in one process, in turns.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import time
import venv
from pathlib import Path

from tasks import TASKS

HERE = Path(__file__).resolve().parent
BUILD = HERE.parent.parent / "build"
PEERS = ["torch_fused", "torch_foreach", "torch_default", "optax_jit", "deepspeed"]
# What makes the peers fastest: huge pages, and memory of temporaries that is kept.
BEST = {
    "THP_MEM_ALLOC_ENABLE": "1",
    "GLIBC_TUNABLES": "glibc.malloc.hugetlb=1:glibc.malloc.mmap_max=0:"
                      "glibc.malloc.trim_threshold=8589934592:glibc.malloc.top_pad=268435456",
    "JAX_PLATFORMS": "cpu",
}


def environment() -> Path:
    """The Python with the peers."""
    folder = BUILD / "peers" / "venv"
    if not (folder / "done").exists():
        venv.create(folder, with_pip=True)
        subprocess.run([folder / "bin" / "pip", "install", "-r", HERE / "requirements.txt"], check=True,
                       stdout=sys.stderr)
        (folder / "done").touch()
    return folder / "bin" / "python"


def run_pair(python: Path, task: str, peer: str, flags) -> dict:
    command = [python, HERE / "pair.py", "--task", task, "--peer", peer, "--library", flags.library,
               "--size", str(flags.size), "--threads", str(flags.threads), "--rounds", str(flags.rounds)]
    command += ["--processor-time"] * flags.processor_time
    command += ["--against", flags.against] if flags.against else []
    variables = {**os.environ, **BEST, "OMP_NUM_THREADS": str(flags.threads), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(command, env=variables, capture_output=True, text=True)
    if done.returncode == 0:
        return json.loads(done.stdout.splitlines()[-1])
    lines = done.stderr.strip().splitlines() or [f"exit code {done.returncode}"]
    return {"task": task, "peer": peer, "failed": lines[-1]}


def interval(median: dict) -> str:
    return f"{median['median']:7.3f} [{median['low']:.3f}, {median['high']:.3f}]"


def line_of(result: dict) -> str:
    head = f"{result['task']:14} {result['peer']:13}"
    for why in ("absent", "failed"):
        if why in result:
            return f"{head} {why}: {result[why]}"
    times = ", ".join(time_of(result, name) for name in result["seconds"])
    limit = result["limit_to_thalweg"]
    share = f"   limit/thalweg {interval(limit)} of the {result['limit']}" if limit else ""
    return f"{head} peer/thalweg {interval(result['peer_to_thalweg'])}{share}   ms: {times}   apart {result['apart']:.1e}"


def time_of(result: dict, name: str) -> str:
    """In milliseconds, with the share of its memory on huge pages and the distance at which it prefetches."""
    notes = []
    if result["huge_pages"].get(name) is not None:
        notes.append(f"{100 * result['huge_pages'][name]:.0f} % huge")
    if name in result["prefetch"]:
        notes.append(f"prefetch {result['prefetch'][name]}")
    note = f" ({', '.join(notes)})" if notes else ""
    return f"{name} {1e3 * result['seconds'][name]['median']:.4g}{note}"


def machine() -> dict:
    processor = next((line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), "")
    return {"processor": processor, "cores": os.cpu_count(), "kernel": platform.release(), "load": os.getloadavg(),
            "huge_pages": Path("/sys/kernel/mm/transparent_hugepage/enabled").read_text().strip()}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tasks", default=",".join(TASKS), help="%(default)s")
    parser.add_argument("--peers", default=",".join(PEERS), help="%(default)s; `before` with --against")
    parser.add_argument("--size", type=int, default=100_000_000, help="elements of the large tasks; 28 bytes each twice")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--processor-time", action="store_true",
                        help="of the tasks of one large tensor, for a machine that others use too")
    parser.add_argument("--library", type=Path, default=BUILD / "bench" / "libbench_peers.so")
    parser.add_argument("--against", type=Path, help="another build of the library, the peer `before`")
    parser.add_argument("--json", type=Path, default=BUILD / "peers.json")
    flags = parser.parse_args()
    peers = flags.peers.split(",")
    if flags.against and "before" not in peers:
        peers = ["before", *peers]
    python = environment()
    results = {"date": time.strftime("%Y-%m-%d"), "machine": machine(), "size": flags.size, "threads": flags.threads,
               "rounds": flags.rounds, "against": str(flags.against or ""), "processor_time": flags.processor_time, "pairs": []}
    for task in flags.tasks.split(","):
        for peer in peers:
            results["pairs"].append(run_pair(python, task, peer, flags))
            print(line_of(results["pairs"][-1]), flush=True)
            flags.json.write_text(json.dumps(results, indent=1) + "\n")
    return 1 if any("failed" in pair for pair in results["pairs"]) else 0


if __name__ == "__main__":
    sys.exit(main())
