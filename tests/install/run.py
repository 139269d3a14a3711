#!/usr/bin/env python3
"""Installs a build into its folder installed/, moves that, and builds and runs the projects beside this file with what is there.

Usage: tests/install/run.py BUILD [--only STEP]
The projects find the package as static and as shared libraries, through pkg-config with another compiler, or take the
sources in. Every public header is compiled alone. Prints one line for each step, and what went wrong; exits 1 when
something did.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
JOBS = str(len(os.sched_getaffinity(0)))
ONLY_OF_LEARN = ("ZLIB", "PNG", "JPEG", "fmt", "nlohmann_json", "tomlplusplus", "CLI11", "OpenMP")
COMPONENTS = {  # component: what it alone must have installed
    "lib": ("lib/libthalweg_core.so.*.*.*", "lib/libthalweg.so.*.*.*", "lib/libthalweg_lab.so.*.*.*"),
    "dev": ("include/thalweg/factories.h", "include/thalweg/lab/find.h", "lib/libthalweg.a", "lib/libthalweg.so",
            "lib/pkgconfig/thalweg-lab.pc", "lib/cmake/Thalweg/ThalwegConfigVersion.cmake"),
    "tools": ("bin/thalweg", "share/man/man1/thalweg.1", "share/man/man1/thalweg-lr-find.1",
              "share/bash-completion/completions/thalweg", "share/zsh/site-functions/_thalweg",
              "share/fish/vendor_completions.d/thalweg.fish"),
    "doc": ("share/doc/thalweg/README.md", "share/doc/thalweg/LICENSE", "share/doc/thalweg/docs/install.md"),
}


class Fault(Exception):
    """What went wrong, as text."""


def run(*command: object, env: dict[str, str] | None = None, fails: bool = False) -> str:
    """What a command that must succeed, or must fail, prints."""
    done = subprocess.run([str(word) for word in command], env={**os.environ, **(env or {})}, text=True, check=False,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if (done.returncode != 0) != fails:
        raise Fault(f"{' '.join(map(str, command))}: exit code {done.returncode}\n{done.stdout}")
    return done.stdout


def folder_of(prefix: Path, pattern: str) -> Path:
    """Where a file is, as the folder of libraries has a name of its own on each system."""
    found = sorted(prefix.glob("lib*/" + pattern)) + sorted(prefix.glob("lib/*/" + pattern))
    if not found:
        raise Fault(f"installed files: no {pattern} in {prefix}")
    return found[0].parent


class Installed:
    """A build, installed and moved."""

    def __init__(self, build: Path, folder: Path) -> None:
        self.build = build
        self.folder = folder
        self.prefix = folder / "moved" / "here"

    def install(self) -> None:
        """Each component has its files, and they together are the whole."""
        first = self.folder / "parts"
        for component, patterns in COMPONENTS.items():
            before = set(first.rglob("*"))
            run("cmake", "--install", self.build, "--prefix", first, "--component", component)
            new = set(first.rglob("*")) - before
            for pattern in patterns:
                found = set(first.glob(pattern)) | set(first.glob(pattern.replace("lib/", "lib*/*/", 1)))
                if not found & new:
                    raise Fault(f"component {component}: no {pattern}")
        whole = self.folder / "whole"
        run("cmake", "--install", self.build, "--prefix", whole)
        files = [{path.relative_to(root) for path in root.rglob("*")} for root in (first, whole)]
        if files[0] != files[1]:
            raise Fault(f"components: together they are not the whole: {sorted(map(str, files[0] ^ files[1]))}")
        shutil.rmtree(first)
        self.prefix.parent.mkdir(parents=True)
        whole.rename(self.prefix)
        for path in self.prefix.rglob("*.cmake"):
            if str(ROOT) in path.read_text():
                raise Fault(f"{path.name}: names {ROOT}, which other machines have not")

    def tool(self) -> None:
        """It says what it is, and its pages can be read."""
        tool = self.prefix / "bin/thalweg"
        lines = run(tool, "--version").splitlines()
        if not lines[0].startswith("thalweg ") or not any(line.startswith("onednn ") for line in lines):
            raise Fault(f"--version: got {lines}")
        for page in sorted((self.prefix / "share/man/man1").iterdir()):
            if not page.read_text().startswith(".TH ") or ".SH NAME" not in page.read_text():
                raise Fault(f"{page.name}: not a manual page")

    def documents(self) -> None:
        """What the documentation links to is there."""
        root = self.prefix / "share/doc/thalweg"
        dead = []
        for page in sorted(root.rglob("*.md")):
            text = re.sub(r"```.*?```", "", page.read_text(), flags=re.DOTALL)
            for target in re.findall(r"\]\(([^)\s#]+)[^)]*\)", text):
                if "://" not in target and not (page.parent / target).exists():
                    dead.append(f"{page.relative_to(root)}: {target}")
        if dead:
            raise Fault("dead links:\n" + "\n".join(dead))

    def headers(self) -> None:
        """Every public header compiles alone."""
        include = self.prefix / "include"

        def compiles(header: Path) -> None:
            run("g++", "-x", "c++", "-std=c++20", "-Wall", "-Wextra", "-Werror", "-pedantic", "-fsyntax-only", "-I", include,
                "-include", header, os.devnull)

        with ThreadPoolExecutor(int(JOBS)) as pool:
            list(pool.map(compiles, sorted(include.rglob("*.h"))))

    def configured(self, name: str, *flags: object, fails: bool = False) -> tuple[Path, str]:
        """The build of a project beside this file, and what CMake said."""
        build = self.folder / (name + "-failing" * fails)
        launcher = []
        if shutil.which("ccache"):  # with what it asks for where headers are precompiled
            launcher = ["-DCMAKE_CXX_COMPILER_LAUNCHER=cmake;-E;env;CCACHE_SLOPPINESS=pch_defines,time_macros;ccache"]
        said = run("cmake", "-S", HERE / name, "-B", build, "-G", "Ninja", f"-DCMAKE_PREFIX_PATH={self.prefix}", *launcher, *flags,
                   fails=fails)
        return build, said

    def project(self, name: str, programs: tuple[str, ...], *flags: object) -> Path:
        """Builds a project and runs its programs."""
        build, _ = self.configured(name, *flags)
        run("cmake", "--build", build, "-j", JOBS)
        for program in programs:
            print("  " + run(build / program).strip())
        return build

    def static(self) -> None:
        """find_package, static libraries, which say what they lack."""
        self.project("static", ("descends", "steps"))
        _, said = self.configured("static", "-DCMAKE_DISABLE_FIND_PACKAGE_HWY=ON", fails=True)
        if "HWY" not in said:
            raise Fault(f"static: without Highway\n{said}")

    def shared(self) -> None:
        """find_package, shared libraries, without a package of what they need."""
        hidden = [f"-DCMAKE_DISABLE_FIND_PACKAGE_{name}=ON" for name in ("HWY", "Threads", *ONLY_OF_LEARN)]
        build = self.project("shared", ("trains",), *hidden)
        linked = run("ldd", build / "trains")
        if str(self.prefix) not in linked:
            raise Fault(f"shared: the program does not load the libraries of {self.prefix}\n{linked}")

    def subproject(self) -> None:
        """FetchContent, the optimizer alone, which looks for nothing but Highway and sets nothing of its parent."""
        hidden = [f"-DCMAKE_DISABLE_FIND_PACKAGE_{name}=ON" for name in (*ONLY_OF_LEARN, "GTest")]
        build = self.project("subproject", ("steps",), f"-DTHALWEG={ROOT}", *hidden)
        if "DNNL" in (build / "CMakeCache.txt").read_text():
            raise Fault("subproject: oneDNN was looked for")
        _, said = self.configured("subproject", f"-DTHALWEG={ROOT}", "-DCMAKE_DISABLE_FIND_PACKAGE_HWY=ON", fails=True)
        if "thalweg: Highway" not in said:
            raise Fault(f"subproject: without Highway\n{said}")

    def pkg_config(self) -> None:
        """pkg-config with another compiler: shared libraries, then static ones, where no shared ones are."""
        compiler = "clang++-19" if shutil.which("clang++-19") else "g++"
        libraries = folder_of(self.prefix, "libthalweg.a")
        env = {"PKG_CONFIG_PATH": str(libraries / "pkgconfig"), "LD_LIBRARY_PATH": str(libraries)}

        def built(source: str, package: str, *static: str) -> None:
            flags = run("pkg-config", *static, "--cflags", "--libs", package, env=env).split()
            program = self.folder / f"{package}{len(static)}"
            run(compiler, "-std=c++20", "-Wall", "-Wextra", "-Werror", HERE / source, "-o", program, *flags)
            print("  " + run(program, env=env).strip())

        built("shared/trains.cc", "thalweg")
        built("static/descends.cc", "thalweg-lab")
        hidden = sorted(libraries.glob("libthalweg*.so*"))
        for path in hidden:
            path.rename(path.with_name("hidden-" + path.name))
        built("subproject/steps.cc", "thalweg-core", "--static")
        built("static/descends.cc", "thalweg-lab", "--static")
        for path in hidden:
            path.with_name("hidden-" + path.name).rename(path)


    def c_program(self) -> None:
        """A program in C99 by pkg-config, which valgrind finds nothing in, and by CMake; the ABI is the published one."""
        run(sys.executable, ROOT / "tools/abi.py", self.build)
        libraries = folder_of(self.prefix, "libthalweg_core.so")
        env = {"PKG_CONFIG_PATH": str(libraries / "pkgconfig"), "LD_LIBRARY_PATH": str(libraries)}
        flags = run("pkg-config", "--cflags", "--libs", "thalweg-core", env=env).split()
        program = self.folder / "c_engine"
        run("gcc", "-std=c99", "-Wall", "-Wextra", "-Werror", "-pedantic", "-g", ROOT / "examples/06_c_engine.c", "-o", program,
            *flags, "-lm")
        print("  " + run(program, env=env).strip().splitlines()[-1])
        build, _ = self.configured("c")  # of CMake, without C++
        run("cmake", "--build", build)
        run(build / "engine")
        run("valgrind", "--quiet", "--leak-check=full", "--show-leak-kinds=definite,possible", "--error-exitcode=9",
            program, env=env)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build", type=Path)
    parser.add_argument("--only", help="one of the steps, beside the installation")
    arguments = parser.parse_args()
    build = arguments.build.resolve()
    folder = build / "installed"  # the same path each time: so ccache knows what the projects compile
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    installed = Installed(build, folder)
    steps = [installed.install, installed.tool, installed.documents, installed.headers, installed.static, installed.shared, installed.pkg_config,
             installed.c_program, installed.subproject]
    for step in steps:
        if arguments.only not in (None, step.__name__) and step is not steps[0]:
            continue
        begun = time.monotonic()
        try:
            step()
        except Fault as fault:
            print(f"{step.__name__}: {fault}")
            return 1
        print(f"{step.__name__}: {time.monotonic() - begun:.1f} s: {step.__doc__}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
