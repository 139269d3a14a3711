"""Programs started on ranks of an MPI: what they said, when they ended, and the processes of single ranks."""

import os
import shutil
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

END = 30  # seconds in which all ranks have to be gone once one is
RANK_OF = {"openmpi": "OMPI_COMM_WORLD_RANK", "mpich": "PMI_RANK"}
LAUNCHERS = {"openmpi": ("mpirun.openmpi", "--oversubscribe"), "mpich": ("mpirun.mpich",)}
# Open MPI wants to be allowed to be started by root.
ALLOWED = {"OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1"}


def flavours(build: Path) -> list[str]:
    """The MPIs that the build has a module for and that can be started here."""
    return [name for name in LAUNCHERS
            if (build / f"libthalweg_mpi_{name}.so").exists() and shutil.which(LAUNCHERS[name][0])]


@dataclass
class Outcome:
    code: int  # of the launcher; -1 where it had to be ended from here
    said: str  # by all, and by the launcher
    seconds: float


class Launched:
    """A launcher and the processes that it has started."""

    def __init__(self, flavour: str, ranks: int, command: list, before=(), flags=()):
        """`command` may go on with other ranks: [..., ":", "-n", "1", ...]. `before`: what starts the launcher."""
        self.flavour, self.program = flavour, Path(command[0])
        self.began = time.monotonic()
        self.process = subprocess.Popen([*before, *LAUNCHERS[flavour], *flags, "-n", str(ranks), *map(str, command)],
                                        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                                        env={**os.environ, **(ALLOWED if os.getuid() == 0 else {})})

    def wait(self, timeout: float) -> Outcome:
        try:
            said, _ = self.process.communicate(timeout=timeout)
            return Outcome(self.process.returncode, said, time.monotonic() - self.began)
        except subprocess.TimeoutExpired:
            for process in processes_of(self.program):
                os.kill(process, signal.SIGKILL)
            self.process.kill()
            return Outcome(-1, self.process.communicate()[0], time.monotonic() - self.began)

    def process_of(self, rank: int) -> int | None:
        """The process of one rank, where it runs."""
        wanted = f"{RANK_OF[self.flavour]}={rank}".encode()
        for process in processes_of(self.program):
            try:
                if wanted in Path(f"/proc/{process}/environ").read_bytes().split(b"\0"):
                    return process
            except OSError:  # it has ended
                pass
        return None


def launch(flavour: str, ranks: int, command: list, timeout: float, before=(), flags=()) -> Outcome:
    return Launched(flavour, ranks, command, before, flags).wait(timeout)


def processes_of(program: Path) -> list[int]:
    """Processes of that program."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if (process / "exe").readlink() == program:
                found.append(int(process.name))
        except OSError:  # it has ended, or is another user's
            pass
    return found


def all_are_gone(program: Path, seconds: float = 1) -> bool:
    """Whether no process of the program is left, which a launcher may have ended just now."""
    until = time.monotonic() + seconds
    while processes_of(program):
        if time.monotonic() > until:
            return False
        time.sleep(0.05)
    return True


class Failures:
    def __init__(self):
        self.count = 0

    def expect(self, right: bool, what: str, said: str) -> bool:
        if not right:
            self.count += 1
            print(f"failed: {what}\n{said}", flush=True)
        return right
