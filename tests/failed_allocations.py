#!/usr/bin/env python3
"""Lets single allocations of the tool fail, and all from one on, and checks how it ends.

Usage: tests/failed_allocations.py TOOL ALLOCATOR [--most N] [--only COMMAND]
ALLOCATOR is what failing_allocator.cc makes. Of each command's allocations some are tried, evenly spread, N in all;
no command may die of a signal: it ends with exit code 4 and says that memory ran out, or does what it does with
enough of it. A run directory that it leaves can be resumed. Prints one line for each fault, and exits 1 when there
are any.
"""

import argparse
import json
import os
import shutil
import struct
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

RESOURCE = 4
TIMED_OUT = 124  # of timeout(1): so does what has no end of its own end
SMALL = ["--model", "dense(60) | relu | dense(2)", "--epochs", "1", "--batch", "20", "--threads", "2"]
DIGITS = ["--model", "dense(16) | relu | dense(10)", "--epochs", "1", "--batch", "256"]

# name: (arguments, whether the same bytes are printed each time)
COMMANDS = {
    "train": (["train", "--data", "idx(data)", "--optimizer", "adam(lr=0.01)", *SMALL, "--out", "new"], False),
    "train on digits": (["train", "--optimizer", "adamw(lr=0.01)", *DIGITS, "--threads", "1", "--quiet", "--out", "new"], False),
    "train on csv": (["train", "--data", "csv(t.csv, target=y)", "--optimizer", "sgd(lr=0.1)", *SMALL, "--out", "new"], False),
    "train on libsvm": (["train", "--data", "libsvm(t.svm)", "--optimizer", "sgd(lr=0.1)", *SMALL, "--out", "new"], False),
    "train on npy": (["train", "--data", "npy(x.npy, targets=y.npy)", "--optimizer", "sgd(lr=0.1)", *SMALL, "--out", "new"], False),
    "train --resume": (["train", "--resume", "run", "--epochs", "3", "--lengths", "new", "--quiet"], False),
    "train --dry-run": (["train", "--data", "idx(data)", *SMALL, "--dry-run"], False),
    "train --print-config": (["train", "--data", "idx(data)", *SMALL, "--print-config"], True),
    "eval": (["eval", "run", "--json"], True),
    "predict": (["predict", "run"], True),
    "export": (["export", "run", "--out", "-"], True),
    "compare": (["compare", "--data", "idx(data)", "--optimizers", "sgd(lr=0.1); adam(lr=0.01)", "--seeds", "1", "--rates", "1",
                 *SMALL, "--quiet", "--out", "new"], False),
    "tune": (["tune", "--data", "idx(data)", "--optimizer", "sgd(lr=log(1e-3, 1))", "--trials", "2", "--method", "random",
              *SMALL, "--out", "new"], False),
    "lr-find": (["lr-find", "--data", "idx(data)", "--optimizer", "sgd(lr=0.1)", *SMALL], False),
    "batch-find": (["batch-find", "--data", "idx(data)", "--rounds", "1", "--most", "4", *SMALL[:2]], False),
    "doctor": (["doctor", "run"], False),
    "landscape": (["landscape", "(1-x)^2 + 100*(y-x^2)^2", "--paths", "gd(lr=1e-3); adam(lr=0.05)", "--steps", "20",
                   "--points", "9", "--html", "new.html"], True),
    "landscape of a run": (["landscape", "run", "--points", "5", "--svg", "new.svg", "--html", "new.html"], False),
    "page": (["page", "run", "--out", "new.html"], True),
    "split": (["split", "csv(t.csv, target=y)", "--json"], True),
    "explain": (["explain", "clip_norm(1) | adam | decay(0.01) | lr(1e-3)", "--params", "w:64x32,b:64"], True),
    "schedule": (["schedule", "cosine(1); cyclic(1, cycles=4)", "--total", "100", "--html", "new.html"], True),
    "descend": (["descend", "rosenbrock", "--optimizer", "adam(lr=0.05)", "--steps", "50"], True),
    "verify": (["verify", "vectors"], True),
    "list": (["list"], True),
    "help": (["help", "adam"], True),
    "man": (["man", "train"], True),
    "completion": (["completion", "bash"], True),
    "watch": (["watch", ".", "--port", "0"], False),
}


def npy(path, kind, shape, data):
    header = repr({"descr": kind, "fortran_order": False, "shape": shape}).encode()
    header += b" " * ((64 - (len(header) + 11) % 64) % 64) + b"\n"
    path.write_bytes(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + data)


def write_data(folder):
    """The same few samples in every form."""
    (folder / "data").mkdir()
    for part, rows in (("train", 20), ("t10k", 4)):
        images = bytes((17 * i + 50 * pixel) % 256 for i in range(rows) for pixel in range(4))
        (folder / "data" / f"{part}-images-idx3-ubyte").write_bytes(struct.pack(">IIII", 0x803, rows, 2, 2) + images)
        (folder / "data" / f"{part}-labels-idx1-ubyte").write_bytes(struct.pack(">II", 0x801, rows) + bytes(i % 2 for i in range(rows)))
    (folder / "t.csv").write_text("a,b,y\n" + "".join(f"{i % 7},{'red' if i % 3 else 'blue'},{i % 2}\n" for i in range(40)))
    (folder / "t.svm").write_text("".join(f"{i % 2} 1:{i % 5} {2 + i % 3}:1\n" for i in range(40)))
    npy(folder / "x.npy", "<f4", (40, 3), struct.pack("<120f", *(i % 11 for i in range(120))))
    npy(folder / "y.npy", "<i8", (40,), struct.pack("<40q", *(i % 2 for i in range(40))))


def spread(begin, end, many):
    """Whole numbers from begin on and below end, evenly."""
    many = min(many, end - begin)
    return {begin + i * (end - begin) // many for i in range(many)}


class Campaign:
    def __init__(self, tool, allocator, folder):
        self.tool, self.allocator, self.folder = tool, allocator, folder
        self.faults, self.tried, self.ends = 0, 0, {}

    def run(self, where, arguments, **variables):
        """Ends as a shell sees it: (code or minus the signal, stdout, stderr)."""
        words = [str(self.tool), *arguments]
        if arguments[0] == "watch":
            words = ["timeout", "-s", "KILL", "1", *words] if variables else words
        if variables:
            i = words.index(str(self.tool))
            setting = [f"{name}={value}" for name, value in variables.items()]
            words[i:i] = ["env", f"LD_PRELOAD={self.allocator}", *setting]
        done = subprocess.run(words, cwd=where, capture_output=True, stdin=subprocess.DEVNULL, timeout=120)
        return done.returncode, done.stdout, done.stderr.decode(errors="replace")

    def prepare(self):
        write_data(self.folder)
        (self.folder / "vectors").mkdir()
        made = self.run(self.folder, ["train", "--data", "idx(data)", "--optimizer", "adam(lr=0.01)", *SMALL, "--quiet", "--out", "run"])
        assert made[0] == 0, made

    def fresh(self, name):
        where = self.folder.parent / name
        shutil.rmtree(where, ignore_errors=True)
        shutil.copytree(self.folder, where)
        return where

    def fault(self, *words):
        self.faults += 1
        print(*words, flush=True)

    def count(self, name):
        """How many allocations a command makes, and how it ends with enough memory."""
        where = self.fresh("clean")
        end = self.run(where, COMMANDS[name][0], THALWEG_COUNT=where / "count", THALWEG_FAIL_AT=0)
        counted = where / "count"
        return (int(counted.read_text()) if counted.exists() else 3000), end

    def attempt(self, name, at, on, new, clean):
        arguments, same = COMMANDS[name]
        where = self.fresh(f"try-{at}-{on}-{new}")
        code, out, err = self.run(where, arguments, THALWEG_FAIL_AT=at, THALWEG_FAIL_ON=on, THALWEG_FAIL_NEW=new)
        self.tried += 1
        self.ends[code] = self.ends.get(code, 0) + 1
        what = f"{name}: THALWEG_FAIL_AT={at} THALWEG_FAIL_ON={on} THALWEG_FAIL_NEW={new}:"
        if code not in (RESOURCE, clean[0]):
            self.fault(what, "ended with", code, err.strip()[-300:])
        elif code == RESOURCE and not err.strip():
            self.fault(what, "no message")
        elif code == clean[0] == 0 and same and out != clean[1]:
            self.fault(what, "printed something else")
        elif "new" in arguments and (where / "new").exists():
            self.look(what, where, arguments)
        elif name == "train --resume" and code == RESOURCE:
            code, _, err = self.run(where, arguments)
            if code != 0:
                self.fault(what, "cannot be resumed:", code, err.strip()[-300:])
        shutil.rmtree(where, ignore_errors=True)

    def look(self, what, where, arguments):
        """The same command goes on from a folder, or `--resume` does."""
        started = (where / "new" / "config.toml").exists() and arguments[0] == "train"
        again = ["train", "--quiet", "--resume", "new"] if started else arguments
        code, _, err = self.run(where, again)
        if code != 0:
            self.fault(what, "the folder is of no use:", code, err.strip()[-300:])

    def all(self, names, most, jobs):
        clean = {name: self.count(name) for name in names}
        each = max(1, most // len(names))
        first = min(n for n, _ in clean.values())  # what all begin with: the table of commands
        for name, (n, end) in clean.items():
            if end[0] not in (0, -9, 137):
                self.fault(name, "fails by itself:", end)
                continue
            before = self.faults
            shared = min(first, n * 3 // 4)
            places = spread(1, shared, each // 4) | spread(shared, n, each - each // 4)
            with ThreadPoolExecutor(jobs) as pool:
                for i, at in enumerate(sorted(places)):
                    pool.submit(self.safely, name, at, i % 4 // 2, i % 2, end)
            print(f"{name}: {len(places)} of {n} allocations failed, {self.faults - before} faults", flush=True)

    def safely(self, *arguments):
        try:
            self.attempt(*arguments)
        except Exception as error:  # the thread pool would keep it to itself
            self.fault(*arguments[:4], repr(error))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("tool", type=Path)
    parser.add_argument("allocator", type=Path)
    parser.add_argument("--most", type=int, default=5000)
    parser.add_argument("--only", nargs="*", default=list(COMMANDS))
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        base = Path(folder) / "base"
        base.mkdir()
        campaign = Campaign(options.tool.resolve(), options.allocator.resolve(), base)
        campaign.prepare()
        campaign.all(options.only, options.most, options.jobs)
    print(f"{campaign.tried} failures, ends by exit code: {json.dumps(dict(sorted(campaign.ends.items())))}, {campaign.faults} faults")
    return campaign.faults > 0


if __name__ == "__main__":
    sys.exit(main())
