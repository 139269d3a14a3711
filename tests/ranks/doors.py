"""Ranks of MPI from C and from Python: the example, and tests/ranks/python_steps.py with mpi4py and without."""

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from launching import Failures, launch

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent


def python_with_mpi4py(build: Path) -> Path | None:
    """That of an environment of its own; None where it cannot be made, which is said."""
    environment = build / "ranks-venv"
    python = environment / "bin/python"
    done = environment / "done"
    if done.exists():
        return python
    try:
        subprocess.run([sys.executable, "-m", "venv", environment], check=True)
        subprocess.run([python, "-m", "pip", "install", "-q", "-r", HERE / "requirements.txt"], check=True)
    except subprocess.CalledProcessError:
        print("ranks: mpi4py cannot be fetched; communicators of it are not tried", flush=True)
        return None
    done.touch()
    return python


def library_of(build: Path, flavour: str) -> Path:
    """The MPI that a module is of."""
    needed = subprocess.run(["ldd", build / f"libthalweg_mpi_{flavour}.so"], check=True, capture_output=True, text=True).stdout
    return Path(re.search(r"libmpi\S* => (\S*/libmpi(?:ch)?\.so\S*)", needed).group(1))


class Doors:
    def __init__(self, failures: Failures, build: Path):
        self.failures, self.build = failures, build.resolve()
        self.python = python_with_mpi4py(self.build)

    def run(self, flavour: str, ranks: int, command: list, said: str, what: str) -> None:
        ended = launch(flavour, ranks, command, 120)
        self.failures.expect(ended.code == 0 and ended.said.count(said) == 1,
                             f"{flavour}, {what} on {ranks} ranks: rc {ended.code}", ended.said)
        print(f"{flavour}: {what}, {ranks} ranks, {ended.seconds:.1f} s", flush=True)

    def all(self, flavour: str) -> None:
        for ranks in (1, 3):
            self.run(flavour, ranks, [self.build / "tests/example_10_c_ranks"], f"{ranks} ranks: y = 3.000 x + -1.000", "C")
        with tempfile.TemporaryDirectory() as folder:
            # By the name under which mpi4py looks for MPICH.
            (Path(folder) / ("libmpi.so.12" if flavour == "mpich" else "libmpi.so.40")).symlink_to(
                library_of(self.build, flavour))
            known = ["env", f"PYTHONPATH={ROOT / 'python'}", "PYTHONDONTWRITEBYTECODE=1", f"MPI4PY_MPIABI={flavour}",
                     f"LD_LIBRARY_PATH={folder}:{os.environ.get('LD_LIBRARY_PATH', '')}"]
            steps = HERE / "python_steps.py"
            self.run(flavour, 2, [*known, sys.executable, steps, "--without", folder], "python: the same bits", "Python")
            for ranks in (1, 3) if self.python else ():
                self.run(flavour, ranks, [*known, self.python, steps], "python: the same bits", "Python with mpi4py")
