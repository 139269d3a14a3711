#!/usr/bin/env python3
"""Whole trainings beside torch's of the same model and schedule, in turns: accuracy over seeds, seconds of training and
evaluation.

Usage: bench/networks/trainings.py --data DIR [--runs digits,mnist_perceptron,...] [--seeds 1,2,3] [--threads N]
DIR holds `mnist` and `fashion-mnist` in IDX files. Both use AdamW with warm-up over 5 % of the updates, then cosine, and
judge the held-out part after every epoch. The splits of `digits` are the library's own, written down for torch.
Writes build/trainings.json.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "peers"))
from run import BUILD, environment, machine  # noqa: E402

CONVOLUTIONS = ("conv2d(32, 3, padding=1) | relu | max_pool(2) | conv2d(64, 3, padding=1) | relu | max_pool(2) | flatten | "
                "dense(128) | relu | dense(10)")
RUNS = {
    "digits": {"data": None, "model": "dense(64) | relu | dense(10)", "batch": 64, "epochs": 30, "lr": 3e-3},
    "mnist_perceptron": {"data": "mnist", "model": "dense(256) | relu | dense(10)", "batch": 64, "epochs": 5, "lr": 1e-3},
    "mnist_convolutions": {"data": "mnist", "model": CONVOLUTIONS, "batch": 128, "epochs": 3, "lr": 2e-3},
    "fashion_convolutions": {"data": "fashion-mnist", "model": CONVOLUTIONS, "batch": 128, "epochs": 4, "lr": 2e-3},
}


def ours(run, source, seed, flags, folder):
    out = Path(folder) / "run"
    command = [flags.program, "train", "--quiet", "--data", source, "--model", run["model"], "--batch", run["batch"],
               "--epochs", run["epochs"], "--optimizer", f"adamw(lr=cosine({run['lr']}, warmup=5%), decay=0.01)",
               "--seed", seed, "--threads", flags.threads, "--out", out]
    subprocess.run([str(word) for word in command], check=True, stdout=subprocess.DEVNULL)
    result = json.loads((out / "result.json").read_text())
    return {"accuracy": result["test"]["accuracy"], "seconds": result["seconds"]}


def torchs(run, source, seed, flags, python):
    settings = json.dumps({**run, "source": source, "seed": seed, "threads": flags.threads, "program": str(flags.program)})
    done = subprocess.run([python, HERE / "torch_training.py", settings], check=True, capture_output=True, text=True,
                          env={**os.environ, "OMP_NUM_THREADS": str(flags.threads), "PYTHONDONTWRITEBYTECODE": "1"})
    return json.loads(done.stdout)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--runs", default=",".join(RUNS), help="%(default)s")
    parser.add_argument("--seeds", default="1,2,3", help="%(default)s")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--alone", action="store_true", help="without torch")
    parser.add_argument("--program", type=Path, default=BUILD / "thalweg")
    parser.add_argument("--json", type=Path, default=BUILD / "trainings.json")
    flags = parser.parse_args()
    python = None if flags.alone else environment()
    results = {"machine": machine(), "threads": flags.threads, "runs": {}}
    for name in flags.runs.split(","):
        run = RUNS[name]
        found = {"thalweg": [], "torch": []}
        for seed in map(int, flags.seeds.split(",")):
            source = "digits" if run["data"] is None else f"idx(\"{(flags.data / run['data']).resolve()}\")"
            with tempfile.TemporaryDirectory() as folder:
                found["thalweg"].append(ours(run, source, seed, flags, folder))
            if python is not None:
                found["torch"].append(torchs(run, source, seed, flags, python))
        results["runs"][name] = found
        for who, runs in found.items():
            if not runs:
                continue
            accuracy = [r["accuracy"] for r in runs]
            print(f"{name:21} {who:8} {100 * statistics.mean(accuracy):6.2f} % right ({100 * min(accuracy):.2f} to "
                  f"{100 * max(accuracy):.2f}), {statistics.median(r['seconds'] for r in runs):8.3f} s")
        if found["torch"]:
            ratios = [a["seconds"] / b["seconds"] for a, b in zip(found["thalweg"], found["torch"])]
            print(f"{name:21} time / torch's {statistics.median(ratios):.3f} ({min(ratios):.3f} to {max(ratios):.3f})")
        sys.stdout.flush()
        flags.json.write_text(json.dumps(results, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
