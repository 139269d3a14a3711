#!/usr/bin/env python3
"""What are the defaults of `thalweg train` worth on tables that people have?

Usage: bench/tables/tables.py [--tables REGEX] [--seeds 1,2,3] [--threads N] [--list FILE] [--optimizer TEXT]
The tables of tables.toml (or of another list, others.toml), from the packages of PyPI that carry them, each on the splits of `thalweg split`, beside
scikit-learn's logistic regression or ridge, MLP and gradient-boosted trees behind its usual pipeline (peers.py). A line for
each table, means over the seeds, and a summary. Writes build/tables.json; what scikit-learn came to is kept in
build/tables/peers.json.
"""

import argparse
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
import venv
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "peers"))
from packages import listed, name_of, write_tables  # noqa: E402
from run import machine  # noqa: E402  (of bench/peers)

BUILD = HERE.parent.parent / "build"
PEERS = ("linear", "mlp", "trees")
SCORE = {"classify": "accuracy", "regress": "r2"}
BEHIND = {"classify": 0.02, "regress": 0.03}  # what counts as behind
FLOOR = -0.5  # below which an R2 says no more


def environment() -> Path:
    """The Python with scikit-learn."""
    folder = BUILD / "tables" / "venv"
    if not (folder / "done").exists():
        venv.create(folder, with_pip=True)
        subprocess.run([folder / "bin" / "pip", "install", "-q", "-r", HERE / "requirements.txt"], check=True, stdout=sys.stderr)
        (folder / "done").touch()
    return folder / "bin" / "python"


def source_of(table: dict, path: Path) -> str:
    names = ", ".join(f'"{name}"' for name in table.get("categorical", []))
    words = f", categorical=[{names}]" if names else ""
    return f"csv(\"{path.resolve()}\", target=\"{table['target']}\", task={table['task']}{words})"


def split(program: Path, source: str, seed: int) -> dict:
    done = subprocess.run([program, "split", source, "--seed", str(seed), "--json"], check=True, capture_output=True, text=True)
    return json.loads(done.stdout)


def ours(source: str, seed: int, flags) -> dict:
    with tempfile.TemporaryDirectory() as folder:
        command = [flags.program, "train", "--quiet", "--json", "--data", source, "--seed", seed, "--threads", flags.threads,
                   "--out", Path(folder) / "run", *flags.settings]
        start = time.perf_counter()
        done = subprocess.run([str(word) for word in command], capture_output=True, text=True)
        if done.returncode != 0:
            raise RuntimeError(f"{source}: {done.stderr}")
        result, seconds = json.loads(done.stdout), time.perf_counter() - start
    test = result["test"]
    return {**{name: test.get(name) for name in ("r2", "accuracy", "log_loss")}, "seconds": seconds,
            "trained": result["seconds"], "optimizer": result["optimizer"], "epochs": result["epochs"]}


class Peers:
    """scikit-learn in a process of its own; a request that was answered before is not asked again."""

    def __init__(self, path: Path, threads: int):
        self.path = path
        self.threads = str(threads)
        self.known = json.loads(path.read_text()) if path.exists() else {}
        self.process = None

    def judge(self, request: dict) -> dict:
        key = json.dumps([Path(request["csv"]).name, request["seed"], request["test"]])
        if key not in self.known:
            if self.process is None:
                self.process = subprocess.Popen([environment(), "-B", HERE / "peers.py"], stdin=subprocess.PIPE,
                                                stdout=subprocess.PIPE, text=True,
                                                env={**os.environ, "OMP_NUM_THREADS": self.threads})
            self.process.stdin.write(json.dumps(request) + "\n")
            self.process.stdin.flush()
            self.known[key] = json.loads(self.process.stdout.readline())
            self.path.write_text(json.dumps(self.known))
        return self.known[key]


def measure(table: dict, path: Path, peers: Peers, flags) -> dict:
    """Scores of everyone, a list over the seeds."""
    source, found = source_of(table, path), {}
    for seed in map(int, flags.seeds.split(",")):
        rows = split(flags.program, source, seed)
        request = {"csv": str(path), "target": table["target"], "task": table["task"], "seed": seed, **rows}
        for name, scores in {"thalweg": ours(source, seed, flags), **peers.judge(request)}.items():
            found.setdefault(name, []).append(scores)
    return {"name": name_of(table), "task": table["task"], "scores": found}


def mean(result: dict, who: str, what: str) -> float:
    numbers = [one[what] for one in result["scores"][who]]
    return statistics.mean(max(x, FLOOR) if what == "r2" else x for x in numbers)


def line_of(result: dict) -> str:
    what = SCORE[result["task"]]
    ours, *theirs = (mean(result, who, what) for who in ("thalweg", *PEERS))
    behind = max(theirs[:2]) - ours > BEHIND[result["task"]]
    losses = ""
    if what == "accuracy":
        losses = "  log loss " + " ".join(f"{mean(result, who, 'log_loss'):6.3f}" for who in ("thalweg", *PEERS))
    return (f"{result['name']:32} {what:8} {ours:7.4f}  " + " ".join(f"{x:7.4f}" for x in theirs) + losses +
            f"  {mean(result, 'thalweg', 'seconds'):6.2f} s" + ("  behind" if behind else ""))


def summary(results: list[dict]) -> str:
    lines = []
    for task, what in SCORE.items():
        of_task = [result for result in results if result["task"] == task]
        if not of_task:
            continue
        measures = [what] + ["log_loss"] * (what == "accuracy")
        for measure_ in measures:
            means = {who: statistics.mean(mean(result, who, measure_) for result in of_task) for who in ("thalweg", *PEERS)}
            lines.append(f"{len(of_task)} tables, mean {measure_}: " + ", ".join(f"{who} {x:.4f}" for who, x in means.items()))
        gaps = [max(mean(result, who, what) for who in PEERS[:2]) - mean(result, "thalweg", what) for result in of_task]
        lines.append(f"behind the better of linear and mlp by more than {BEHIND[task]}: "
                     f"{sum(gap > BEHIND[task] for gap in gaps)} of {len(of_task)}; "
                     f"before it by as much: {sum(gap < -BEHIND[task] for gap in gaps)}")
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tables", default="", help="those whose names match this; all by default")
    parser.add_argument("--list", type=Path, default=HERE / "tables.toml", help="others.toml has tables of drawn targets")
    parser.add_argument("--seeds", default="1,2,3", help="%(default)s")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--optimizer", help="one optimizer for all tables in place of the default")
    parser.add_argument("--epochs", type=int, help="epochs for all tables in place of the default")
    parser.add_argument("--program", type=Path, default=BUILD / "thalweg")
    parser.add_argument("--folder", type=Path, default=BUILD / "tables", help="where packages and tables are kept")
    parser.add_argument("--json", type=Path, default=BUILD / "tables.json")
    flags = parser.parse_args()
    flags.settings = [word for name in ("optimizer", "epochs") if getattr(flags, name)
                      for word in (f"--{name}", getattr(flags, name))]
    tables = [table for table in listed(flags.list) if re.search(flags.tables, name_of(table))]
    paths = write_tables(Path(sys.executable), flags.folder / "packages", flags.folder / "csv", tables)
    peers = Peers(flags.folder / "peers.json", flags.threads)
    results = []
    for table in tables:
        results.append(measure(table, paths[name_of(table)], peers, flags))
        print(line_of(results[-1]), flush=True)
        flags.json.write_text(json.dumps({"date": time.strftime("%Y-%m-%d"), "machine": machine(), "threads": flags.threads,
                                          "results": results}, indent=1) + "\n")
    print(summary(results))
    return 0


if __name__ == "__main__":
    sys.exit(main())
