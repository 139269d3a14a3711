"""Whole trainings by the tool: started, resumed, and what came of them."""

import re
import subprocess
import time
from pathlib import Path

from launching import Failures, Launched, Outcome, launch

MODEL = "conv2d(4, kernel=3) | batch_norm | relu | flatten | dropout(0.1) | dense(10)"
CHAIN = "clip_norm(1) | adamw(lr=cosine(1e-2), decay=0.01) | average(decay=0.9)"
Settings = dict[str, str | int | None]  # flags and their values, None for a flag alone
SMALL: Settings = {"--model": MODEL, "--optimizer": CHAIN, "--epochs": 4, "--batch": 64, "--shards": 4}
PATIENCE = 600  # seconds for a training, on a busy machine


class Trainings:
    """In one folder, where each has a name."""

    def __init__(self, failures: Failures, build: Path, folder: Path):
        self.failures, self.tool, self.folder = failures, build.resolve() / "thalweg", folder

    def command(self, name: str, settings: Settings, threads: int = 1) -> list[str]:
        words = [self.tool, "train", "--quiet", "--threads", threads, "--out", self.folder / name]
        return [str(word) for word in words + [word for both in settings.items() for word in both if word is not None]]

    def alone(self, name: str, settings: Settings, threads: int = 2) -> str:
        """By one process."""
        done = subprocess.run(self.command(name, settings, threads), capture_output=True, text=True, timeout=PATIENCE)
        self.failures.expect(done.returncode == 0, f"{name}: code {done.returncode}", done.stderr)
        return name

    def start(self, flavour: str, ranks: int, name: str, settings: Settings, threads: int = 1) -> Launched:
        return Launched(flavour, ranks, self.command(name, settings, threads))

    def train(self, flavour: str, ranks: int, name: str, settings: Settings, threads: int = 1) -> Outcome:
        return self.start(flavour, ranks, name, settings, threads).wait(PATIENCE)

    def start_again(self, flavour: str, ranks: int, name: str, flags=(), threads: int = 1) -> Launched:
        return Launched(flavour, ranks, [self.tool, "train", "--quiet", "--threads", threads, "--resume", self.folder / name,
                                         *flags])

    def resume(self, flavour: str, ranks: int, name: str, flags=(), threads: int = 1) -> Outcome:
        return self.start_again(flavour, ranks, name, flags, threads).wait(PATIENCE)

    def updates(self, name: str) -> int:
        """Of the newest checkpoint that can be resumed from."""
        files = (self.folder / name / "checkpoints").glob("*.safetensors")
        found = (re.fullmatch(r"(?:kept-)?(\d+)", file.stem) for file in files)
        return max((int(one[1]) for one in found if one), default=0)

    def has_come_to(self, name: str, updates: int, training: Launched) -> bool:
        """Waits until a checkpoint is of so many updates; not where the training ends before that."""
        while self.updates(name) < updates:
            if training.process.poll() is not None:
                return False
            time.sleep(0.01)
        return True

    def what_came(self, name: str) -> tuple[bytes, str]:
        """The last checkpoint, and what the metrics say without the seconds that it took."""
        folder = self.folder / name
        last = folder / "checkpoints" / f"{self.updates(name)}.safetensors"
        metrics = (folder / "metrics.jsonl").read_text() if last.exists() else ""
        return (last.read_bytes() if last.exists() else b""), re.sub(r', "seconds": [^,}]*', "", metrics)

    def same(self, name: str, wanted: str) -> bool:
        """Whether both ended, with the same bits."""
        ended = [(self.folder / one / "result.json").exists() for one in (name, wanted)]
        return all(ended) and self.what_came(name) == self.what_came(wanted)

    def expect_same(self, name: str, wanted: str, outcome: Outcome) -> None:
        self.failures.expect(outcome.code == 0 and self.same(name, wanted), f"{name} against {wanted}: code {outcome.code}",
                             outcome.said)

    def expect_refused(self, what: str, flavour: str, command: list, code: int, words: str) -> None:
        """Ranks that cannot train together: soon, with that code, and told once."""
        outcome = launch(flavour, 1, command, 30)
        self.failures.expect(outcome.code == code and outcome.said.count(words) == 1,
                             f"{flavour}, {what}: code {outcome.code}, want {code} and once `{words}`", outcome.said)


def other_rank(first: list, other: list) -> list:
    """The words of one rank with `first`, and of one with `other`."""
    return [*first, ":", "-n", "1", *other]
