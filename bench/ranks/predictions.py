#!/usr/bin/env python3
"""How near are the predictions of `thalweg explain --ranks` to steps that are made?

Usage: bench/ranks/predictions.py [BUILD] [--ranks 1,2,4] [--sizes 1000000,32000000] [--rounds 15] [--launcher "mpirun"]

Steps AdamW over one parameter on ranks of this machine, one thread each, and measures what they can send each other; then
asks for the prediction with that link. Prints a line each and writes build/predictions.json.
"""

import argparse
import json
import os
import shlex
import subprocess
from pathlib import Path

CHAIN = "adamw(lr=1e-3)"


def printed(command: list[str]) -> dict:
    root = {"OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1"} if os.getuid() == 0 else {}
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True, env={**os.environ, **root}).stdout)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build", type=Path, nargs="?", default=Path("build"))
    parser.add_argument("--ranks", default="1,2,4")
    parser.add_argument("--sizes", default="1000000,32000000")
    parser.add_argument("--rounds", default="15")
    parser.add_argument("--launcher", default="mpirun.openmpi --oversubscribe -q --bind-to none")
    flags = parser.parse_args()
    print(f"{'elements':>10} {'ranks':>5} {'link GB/s':>9} {'us':>6} {'predicted ms':>12} {'measured ms':>11} {'ratio':>6}")
    rows = []
    for size in flags.sizes.split(","):
        for ranks in flags.ranks.split(","):
            launcher = [] if ranks == "1" else [*shlex.split(flags.launcher), "-n", ranks]
            made = printed([*launcher, str(flags.build / "bench_predictions"), size, flags.rounds])
            rate, late = made["link_bytes_per_second"] or 1e9, made["link_seconds"]
            said = printed([str(flags.build / "thalweg"), "explain", CHAIN, "--size", size, "--ranks", ranks, "--per-host", ranks,
                            "--threads", "1", "--rounds", flags.rounds, "--link", f"{rate / 1e9}GB/s,{late * 1e6}us",
                            "--json"])["predicted"]
            ratio = said["seconds"] / made["step_seconds"]
            link = f"{rate / 1e9:9.2f} {late * 1e6:6.1f}" if launcher else f"{'-':>9} {'-':>6}"
            print(f"{size:>10} {ranks:>5} {link} {said['seconds'] * 1e3:12.3f} {made['step_seconds'] * 1e3:11.3f} {ratio:6.2f}",
                  flush=True)
            rows.append({"made": made, "predicted": said})
    (flags.build / "predictions.json").write_text(json.dumps(rows, indent=1) + "\n")


if __name__ == "__main__":
    main()
