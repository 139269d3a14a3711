"""What else the tool does on ranks: comparisons, finders, folds, evaluations and predictions."""

import subprocess

from launching import END, launch
from trainings import Trainings

QUIET = {"openmpi": ("-q",), "mpich": ()}  # of a launcher that says itself what it does


class Commands:
    """What else the tool does on ranks is what one process does, byte for byte on stdout."""

    MODEL = ("--model", "dense(16) | batch_norm | relu | dense(10)")

    def __init__(self, trainings: Trainings):
        self.failures, self.tool, self.folder = trainings.failures, trainings.tool, trainings.folder
        run = self.folder / "judged"
        self.alone("train", "--quiet", *self.MODEL, "--epochs", "2", "--out", run)
        search = [*self.MODEL, "--epochs", "2"]
        self.commands = {
            "compare": ["compare", "--quiet", "--optimizers", "sgd; adam", *search, "--seeds", "3", "--rates", "2",
                        "--tuning-seeds", "1", "--format", "csv"],
            "folds": ["train", "--quiet", "--folds", "3", *search],
            "tune": ["tune", *search, "--optimizer", "adam(lr=log(1e-4, 1))", "--trials", "5", "--json"],
            "lr-find": ["lr-find", *search, "--optimizer", "adam(lr=1e-3)", "--json"],
            "eval": ["eval", run, "--part", "train", "--json"],
            "predict": ["predict", run],
        }

    def alone(self, *command) -> str:
        return subprocess.run([self.tool, *command], check=True, capture_output=True, text=True).stdout

    def out(self, name: str, where: str) -> list:
        return ["--out", self.folder / f"{where}-{name}"] if name in ("compare", "folds", "predict") else []

    def told(self, name: str, text: str, where: str) -> str:
        """What it prints but for its folder, or has written."""
        path = self.folder / f"{where}-{name}"
        return path.read_text() if path.is_file() else text.replace(f"{self.folder}/{where}-", "")

    def all(self, flavour: str) -> None:
        for name, command in self.commands.items():
            where = f"commands-{flavour}-alone"
            wanted = self.told(name, self.alone(*command, *self.out(name, where)), where)
            done = launch(flavour, 3, [self.tool, *command, *self.out(name, f"commands-{flavour}")], 120, flags=QUIET[flavour])
            self.failures.expect(done.code == 0 and self.told(name, done.said, f"commands-{flavour}") == wanted != "",
                                 f"{flavour}, {name}: rc {done.code}", done.said)
        done = launch(flavour, 3, [self.tool, "eval", self.folder / "absent"], END)
        self.failures.expect(done.code == 3 and done.said.count("absent") == 1 and done.seconds < END,
                             f"{flavour}, no run: rc {done.code}", done.said)
        done = launch(flavour, 3, [self.tool, "train", "--dry-run"], END)
        self.failures.expect(done.code == 0 and done.said.count("in 4 shards, on 3 ranks of 1 thread") == 1,
                             f"{flavour}, dry run: rc {done.code}", done.said)
        print(f"{flavour}: commands, {self.failures.count} failures", flush=True)
