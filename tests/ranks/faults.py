"""Ranks that go, stand still, lack memory or disk, or were not given the same: all end soon, somebody says who and why, and
the last checkpoint goes on on other ranks."""

import os
import re
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from launching import END, Failures, Launched, Outcome, all_are_gone, launch
from trainings import CHAIN, MODEL, PATIENCE, SMALL, Settings, Trainings

# What a launcher says of a rank that was killed. MPICH's has no word for the rank, and may name another one that its transport
# has ended for it.
GONE = {"openmpi": r"rank {rank} with PID \d+ on node \S+ exited on signal 9",
        "mpich": r"BAD TERMINATION[\s\S]*PID \d+ RUNNING AT \S+[\s\S]*signal \d+"}
STANDS = r"rank {rank} on \S+: "


class StepFaults:
    """One update of thalweg_rank_steps, of which a rank goes before one of its messages."""

    def __init__(self, failures: Failures, flavour: str, program: Path):
        self.failures, self.flavour, self.program = failures, flavour, program

    def messages(self, ranks: int) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
        """(rank, message): the first message of everything that ranks do together, and the others."""
        outcome = launch(self.flavour, ranks, [self.program, "--list"], END)
        lines = re.findall(r"^rank (\d+): (\d+) messages, first ones ([\d ]+)$", outcome.said, re.M)
        self.failures.expect(len(lines) == ranks, f"{self.flavour}, --list", outcome.said)
        firsts = [(int(rank), int(first)) for rank, _, found in lines for first in found.split()]
        every = [(int(rank), message) for rank, count, _ in lines for message in range(1, int(count) + 1)]
        return firsts, sorted(set(every) - set(firsts))

    def hit(self, how: str, ranks: int, rank: int, message: int) -> None:
        outcome = launch(self.flavour, ranks, [self.program, how, message, "--rank", rank], END + 5)
        what = f"{self.flavour}, {ranks} ranks, {how} of rank {rank} at message {message}: code {outcome.code}"
        words = (GONE[self.flavour] if how == "--kill" else STANDS).format(rank=rank)
        self.failures.expect(outcome.code not in (0, -1) and outcome.seconds < END and re.search(words, outcome.said) is not None,
                             f"{what}, {outcome.seconds:.1f} s, want `{words}`", outcome.said)
        self.failures.expect(all_are_gone(self.program), what + ", and a rank was left over", outcome.said)

    def kill(self, ranks: int, most: int) -> None:
        """At the first message of everything before at other ones; on every rank."""
        firsts, others = self.messages(ranks)
        chosen = spread(firsts, most)
        chosen += spread(others, most - len(chosen))
        for rank, message in chosen:
            self.hit("--kill", ranks, rank, message)
        print(f"{self.flavour}: {len(chosen)} of {len(firsts) + len(others)} messages of {ranks} ranks at which one was killed, "
              f"{self.failures.count} failures", flush=True)

    def stop(self, ranks: int, most: int) -> None:
        for rank, message in spread(self.messages(ranks)[0], most):
            self.hit("--stop", ranks, rank, message)
        print(f"{self.flavour}: {most} ranks stood still, {self.failures.count} failures", flush=True)


def spread(things: list, most: int) -> list:
    """As many of them, from the first to the last."""
    if most >= len(things):
        return list(things)
    return [things[i * len(things) // most] for i in range(most)]


FAILS_ALONE = ("an unknown flag", "no data")
LONG: Settings = {**SMALL, "--epochs": 200, "--checkpoint-every": 200}


class TrainingFaults:
    """Whole trainings by the tool."""

    def __init__(self, trainings: Trainings, flavour: str):
        self.trainings, self.flavour = trainings, flavour
        self.failures, self.tool = trainings.failures, trainings.tool
        self.alone = ""

    def expect(self, right: bool, what: str, said: str) -> bool:
        return self.failures.expect(right, f"{self.flavour}, {what}", said)

    def name(self, what: str) -> str:
        return f"{self.flavour}-{what}".replace(" ", "-")

    def goes_on(self, name: str, ranks: int, settings: Settings) -> None:
        """On other ranks, to what comes without the fault."""
        if self.alone == "":
            self.alone = self.trainings.alone(self.name("whole"), settings)
        self.trainings.expect_same(name, self.alone, self.trainings.resume(self.flavour, ranks, name))

    def ended(self, what: str, outcome: Outcome, since: float, words: str, codes: set[int] | None = None) -> None:
        right = outcome.code not in (0, -1) if codes is None else outcome.code in codes
        self.expect(right and time.monotonic() - since < END, f"{what}: code {outcome.code}", outcome.said)
        self.expect(re.search(words, outcome.said) is not None, f"{what}, want `{words}`", outcome.said)
        self.expect(all_are_gone(self.tool), f"{what}, and a rank was left over", "")

    def signalled(self, number: signal.Signals, rank: int, resumed_on: int) -> None:
        """A rank of three is killed, or stands still, in the middle."""
        what = f"{number.name} of rank {rank}"
        name = self.name(what)
        training = self.trainings.start(self.flavour, 3, name, LONG)
        if not self.expect(self.trainings.has_come_to(name, 200, training), f"{what}: it ended before", ""):
            return
        os.kill(training.process_of(rank), number)
        since = time.monotonic()
        words = GONE[self.flavour] if number == signal.SIGKILL else STANDS
        self.ended(what, training.wait(END + 5), since, words.format(rank=rank))
        self.goes_on(name, resumed_on, LONG)

    def without_memory(self, allocator: Path, rank: int) -> None:
        """From some allocation on, early and late, one rank gets none."""
        count = self.trainings.folder / "count"
        outcome = self.on_one(rank, self.name(f"counted-{rank}"), [f"THALWEG_COUNT={count}"], allocator)
        if not self.expect(outcome.code == 0 and count.exists(), "allocations are counted", outcome.said):
            return
        for share in (0.9, 0.98):  # before that an MPI begins, which some do not survive
            what = f"no memory on rank {rank} after {share:.0%} of its allocations"
            since = time.monotonic()
            fail = [f"THALWEG_FAIL_AT={int(share * int(count.read_text()))}", "THALWEG_FAIL_ON=1"]
            outcome = self.on_one(rank, self.name(f"poor-{rank}-{share}"), fail, allocator)
            self.ended(what, outcome, since, r"memory")

    def on_one(self, rank: int, name: str, variables: list[str], allocator: Path) -> Outcome:
        command = self.trainings.command(name, {**SMALL, "--epochs": 2})
        other = ["env", f"LD_PRELOAD={allocator}", *variables, *command]
        words = [*other, ":", "-n", "2", *command] if rank == 0 else [*command, ":", "-n", "1", *other, ":", "-n", "1", *command]
        return launch(self.flavour, 1, words, END + 5)

    def without_disk(self) -> None:
        """The disk of the first rank is full after some checkpoints."""
        wide: Settings = {"--model": "dense(400) | relu | dense(10)", "--optimizer": CHAIN, "--epochs": 4, "--batch": 64,
                          "--shards": 4, "--checkpoint-every": 10}
        folder = self.trainings.folder / self.name("disk")
        with mounted(folder, "2m") as there:
            if not there:
                print("ranks: no file system may be mounted here; a full disk is not tried")
                return
            name, since = f"{folder.name}/run", time.monotonic()
            self.ended("a full disk", self.trainings.train(self.flavour, 3, name, wide), since,
                       r"safetensors.*No space left", {4})
            subprocess.run(["mount", "-o", "remount,size=64m", folder], check=True)
            self.expect(self.trainings.updates(name) > 0, "a full disk: a checkpoint is there", "")
            alone = self.trainings.alone(self.name("disk-alone"), wide)
            self.trainings.expect_same(name, alone, self.trainings.resume(self.flavour, 2, name))

    def not_given_the_same(self, build: Path, fails_alone: tuple[str, ...]) -> None:
        """Settings, data, and programs that differ: told once, before anything is trained. Where one rank fails alone, that
        takes the others 20 seconds."""
        name = self.name("other")
        command = self.trainings.command(name, SMALL)

        def beside(settings: Settings) -> list[str]:
            return [*command, ":", "-n", "1", *self.trainings.command(name, SMALL | settings)]

        def refused(what: str, words: list[str], code: int, said: str) -> None:
            self.trainings.expect_refused(what, self.flavour, words, code, said)
            self.expect(not (self.trainings.folder / name).exists(), f"{what}: something was written", "")

        differs = "it was not given what rank 0 was"
        refused("other seeds", beside({"--seed": 2}), 2, differs)
        refused("another model", beside({"--model": MODEL.replace("4,", "5,")}), 2, differs)
        if "no data" in fails_alone:
            refused("no data", beside({"--data": "csv(absent.csv, target=y)"}), 3, "absent.csv")
        if "an unknown flag" in fails_alone:
            refused("an unknown flag", [*command, ":", "-n", "1", *command, "--unknown"], 2, "`--unknown`")
        for what, was in (("version", "version"), ("instructions", "simd")):
            other = build / f"thalweg-of-another-{what}"
            if self.expect(is_another(build / "thalweg", was, other), f"there is no text of the {what} in the tool", ""):
                refused(f"another {what}", [*command, ":", "-n", "1", str(other), *command[1:]], 2, differs)
            other.unlink(missing_ok=True)
        diverging = self.trainings.command(self.name("wild"), {"--optimizer": "gd(lr=1e30)"})
        outcome = launch(self.flavour, 3, diverging, END)
        self.expect(outcome.code == 5 and outcome.said.count("not finite") == 1, f"diverged: code {outcome.code}", outcome.said)

    def data(self) -> None:
        """It may lie elsewhere, and must be the same."""
        rows = [f"{i % 7},{i % 5},{(i * i) % 3}" for i in range(200)]
        for folder, last in (("here", "1,1,1"), ("there", "1,1,1"), ("changed", "1,2,1")):
            to = self.trainings.folder / self.name(folder)
            to.mkdir()
            (to / "t.csv").write_text("\n".join(["a,b,y", *rows, last]) + "\n")

        def settings(folder: str) -> Settings:
            path = self.trainings.folder / self.name(folder) / "t.csv"
            return {"--data": f'csv("{path}", target=y)', "--model": "dense(8) | relu | dense(2)", "--optimizer": "adam(lr=0.01)",
                    "--epochs": 2, "--batch": 20, "--shards": 2}

        alone = self.trainings.alone(self.name("here-alone"), settings("here"))
        name = self.name("elsewhere")
        command = self.trainings.command(name, settings("here"))
        outcome = launch(self.flavour, 1, [*command, ":", "-n", "1", *self.trainings.command(name, settings("there"))], PATIENCE)
        self.trainings.expect_same(name, alone, outcome)
        command = self.trainings.command(self.name("changing"), settings("here"))
        words = [*command, ":", "-n", "1", *self.trainings.command(self.name("changing"), settings("changed"))]
        self.trainings.expect_refused("other data", self.flavour, words, 2, "it was not given what rank 0 was")


@contextmanager
def mounted(folder: Path, size: str) -> Iterator[bool]:
    """A file system of that size, where one may be mounted."""
    folder.mkdir()
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder], capture_output=True)
    try:
        yield done.returncode == 0
    finally:
        if done.returncode == 0:
            subprocess.run(["umount", folder], check=True)


def is_another(tool: Path, what: str, to: Path) -> bool:
    """Writes a tool that is the same, but says that its version, or the instructions that it uses, are others."""
    said = subprocess.run([tool, "--version"], check=True, capture_output=True, text=True).stdout
    text = re.search({"version": r"^thalweg (\S+)", "simd": r"^simd (\S+)"}[what], said, re.M)[1].encode()
    program = tool.read_bytes()
    changed = program.replace(b"\0" + text + b"\0", b"\0" + text[:-1] + b"x\0")
    to.write_bytes(changed)
    to.chmod(0o755)
    return changed != program
