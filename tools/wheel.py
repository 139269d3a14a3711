#!/usr/bin/env python3
"""Makes the two Python wheels of a build - thalweg, the optimizer; thalweg-learn, training and the workbench with what
they need - and tries them in a virtual environment of their own.

Usage: tools/wheel.py BUILD
They land in BUILD/wheels. Libraries that manylinux does not count on come along, with their licences, and are found
beside the ones that need them.
"""

import base64
import hashlib
import platform
import re
import shutil
import subprocess
import sys
import tempfile
import venv
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TAG = "py3-none-manylinux_2_36_x86_64"  # the oldest C library that runs them is the one of this build
# What every manylinux system has (PEP 600), by the beginning of its name.
ON_EVERY_SYSTEM = ("linux-vdso", "ld-linux", "libc.so", "libm.so", "libgcc_s", "libstdc++", "libz.so", "libthalweg")
SUMMARY = {"thalweg": "The optimizing engine of machine learning: optimizers in place over any array",
           "thalweg-learn": "Training and comparing with Thalweg: networks, data, runs, pages"}


def run(*command: object, **options) -> str:
    return subprocess.run([str(word) for word in command], check=True, stdout=subprocess.PIPE, text=True, **options).stdout


def version() -> str:
    return re.search(r"project\(thalweg VERSION ([0-9.]+)", (ROOT / "CMakeLists.txt").read_text()).group(1)


def needed(library: Path) -> dict[str, Path]:
    """The libraries that one loads, and which not every system has, by name."""
    found = dict(re.findall(r"^\s*(\S+) => (\S+)", run("ldd", library), re.MULTILINE))
    return {name: Path(path) for name, path in found.items() if not name.startswith(ON_EVERY_SYSTEM)}


def licence_of(library: Path) -> Path | None:
    """What Debian says of the package that a library is from."""
    said = subprocess.run(["dpkg", "-S", library.resolve()], capture_output=True, text=True, check=False).stdout
    package = said.split(":")[0]
    path = Path("/usr/share/doc") / package / "copyright"
    return path if package and path.exists() else None


class Wheel:
    def __init__(self, name: str, requires: list[str]):
        self.name, self.requires = name, requires
        self.files: dict[str, bytes] = {}
        self.module = name.replace("-", "_")

    def add_library(self, path: Path, name: str) -> None:
        """A library without its symbols, which finds others beside it."""
        with tempfile.TemporaryDirectory() as folder:
            copy = Path(folder) / name
            shutil.copy(path, copy)
            copy.chmod(0o755)
            run("strip", "--strip-unneeded", copy)
            run("patchelf", "--set-rpath", "$ORIGIN", copy)
            self.files[f"{self.module}/_lib/{name}"] = copy.read_bytes()

    def add_needed(self, libraries: list[Path]) -> None:
        for name, path in sorted({k: v for one in libraries for k, v in needed(one).items()}.items()):
            if f"thalweg/_lib/{name}" in self.files or f"{self.module}/_lib/{name}" in self.files:
                continue
            self.add_library(path, name)
            licence = licence_of(path)
            if licence is None:
                sys.exit(f"wheel: {name}: no licence is known; got {path}; want a library of a Debian package")
            self.files[f"{self.dist_info()}/licenses/{name}.txt"] = licence.read_bytes()

    def dist_info(self) -> str:
        return f"{self.module}-{version()}.dist-info"

    def metadata(self) -> str:
        lines = ["Metadata-Version: 2.1", f"Name: {self.name}", f"Version: {version()}", f"Summary: {SUMMARY[self.name]}",
                 "Requires-Python: >=3.9", "License-File: LICENSE", *self.requires,
                 "Description-Content-Type: text/markdown", "", (ROOT / "README.md").read_text()]
        return "\n".join(lines)

    def write(self, folder: Path) -> Path:
        info = self.dist_info()
        self.files[f"{info}/METADATA"] = self.metadata().encode()
        self.files[f"{info}/WHEEL"] = f"Wheel-Version: 1.0\nGenerator: thalweg\nRoot-Is-Purelib: false\nTag: {TAG}\n".encode()
        self.files[f"{info}/licenses/LICENSE"] = (ROOT / "LICENSE").read_bytes()
        record = f"{info}/RECORD"
        lines = []
        for name, data in self.files.items():
            digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
            lines.append(f"{name},sha256={digest},{len(data)}")
        path = folder / f"{self.module}-{version()}-{TAG}.whl"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
            for name, data in {**self.files, record: ("\n".join([*lines, f"{record},,"]) + "\n").encode()}.items():
                entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))  # the same bytes from the same files
                entry.external_attr = 0o644 << 16
                entry.compress_type = zipfile.ZIP_DEFLATED
                archive.writestr(entry, data)
        return path


def make(build: Path, folder: Path) -> list[Path]:
    so = ".so." + version().rpartition(".")[0]
    core = Wheel("thalweg", [f"Provides-Extra: learn\nRequires-Dist: thalweg-learn=={version()}; extra == 'learn'",
                             "Provides-Extra: torch\nRequires-Dist: torch; extra == 'torch'",
                             "Provides-Extra: sklearn\nRequires-Dist: scikit-learn; extra == 'sklearn'"])
    for path in sorted((ROOT / "python/thalweg").rglob("*")):
        if path.suffix == ".py" or path.name == "py.typed":
            core.files[str(path.relative_to(ROOT / "python"))] = path.read_bytes()
    core.add_library(build / ("libthalweg_core" + so), "libthalweg_core" + so)
    core.add_needed([build / ("libthalweg_core" + so)])
    for module in sorted(build.glob("libthalweg_mpi_*.so")):  # loaded beside an MPI, which it needs, where there are ranks
        core.add_library(module, module.name)
    learn = Wheel("thalweg-learn", [f"Requires-Dist: thalweg=={version()}", "Requires-Dist: numpy"])
    learn.files["thalweg_learn/__init__.py"] = b'"""The libraries of training and of the workbench: use thalweg.train and its kin."""\n'
    libraries = [build / ("libthalweg" + so), build / ("libthalweg_lab" + so)]
    for library in libraries:
        learn.add_library(library, library.name)
    learn.add_needed(libraries)
    for name in list(learn.files):  # the core's own are loaded before
        if name.replace("thalweg_learn/", "thalweg/") in core.files and "_lib/" in name:
            del learn.files[name]
    return [core.write(folder), learn.write(folder)]


TRIED = """
import array, sys, thalweg
assert "site-packages" in thalweg.__file__, thalweg.__file__
w = array.array("f", [1, 2])
report = thalweg.Optimizer({"w": w}, "adamw(lr=0.5)").step({"w": array.array("f", [1, 1])})
assert report.update == 1 and w[0] < 1, (report, w)
assert "numpy" not in sys.modules
print("thalweg", thalweg.version(), "stepped")
"""
TRIED_LEARN = """
import tempfile, thalweg
with tempfile.TemporaryDirectory() as folder:
    result = thalweg.train(folder + "/run", epochs=2, model="dense(10)")
    assert result["updates"] == 46, result
assert "<svg" in thalweg.landscape("rosenbrock", ["adam(lr=0.1)"], updates=5).svg()
print("thalweg-learn trained")
"""


def tried(wheels: list[Path]) -> None:
    """Installs each into an environment in which nothing else is, and uses it."""
    with tempfile.TemporaryDirectory() as folder:
        venv.create(folder, with_pip=True)
        python = Path(folder) / "bin/python"
        for wheel, code in zip(wheels, (TRIED, TRIED_LEARN)):
            run(python, "-m", "pip", "install", "--quiet", "--no-index", "--no-deps", wheel)
            print(run(python, "-I", "-c", code, cwd=folder).strip())


def main() -> int:
    if len(sys.argv) != 2 or platform.machine() != "x86_64":
        sys.exit(__doc__)
    build = Path(sys.argv[1]).resolve()
    folder = build / "wheels"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    wheels = make(build, folder)
    for wheel in wheels:
        print(f"{wheel.name}: {wheel.stat().st_size / 1e6:.2f} MB")
    tried(wheels)
    return 0


if __name__ == "__main__":
    sys.exit(main())
