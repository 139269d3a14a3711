#!/usr/bin/env python3
"""Checks every #include of the library against src/LAYERS.

Usage: tools/layers.py [--self-test]
Prints one line for each violation, `file:line: what; got; want`, and exits 1 when there are any.
"""

import re
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SUFFIXES = {".h", ".cc", ".inc", ".S"}
TEST = re.compile(r"^test_|_test\.")  # names of files that only tests are made of
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')
PUBLIC = "thalweg/"


class BadLayers(Exception):
    """src/LAYERS itself is wrong."""


@dataclass
class Layers:
    folders: dict[str, set[str]] = field(default_factory=dict)  # folder -> names it may include
    headers: dict[str, str] = field(default_factory=dict)  # public header -> folder
    fences: dict[str, list[str]] = field(default_factory=dict)  # prefix of an include -> folders or files
    system: list[str] = field(default_factory=list)


def read_layers(path: Path) -> Layers:
    """Reads LAYERS; raises BadLayers with `file:line: what; got; want`."""
    layers = Layers()
    section = ""
    for number, raw in enumerate(path.read_text().splitlines(), 1):
        line = raw.split("#")[0].strip()
        if not line:
            continue
        try:
            if line.startswith("["):
                section = line
            elif section == "[system]":
                layers.system += line.split()
            else:
                read_line(layers, section, line)
        except BadLayers as bad:
            raise BadLayers(f"{path.name}:{number}: {bad}") from None
    return layers


def read_line(layers: Layers, section: str, line: str) -> None:
    """One `names: values` line of a section."""
    left, colon, right = line.partition(":")
    left, values = left.strip(), right.split()
    if not colon:
        raise BadLayers(f"no colon; got `{line}`; want `name: names`")
    if section == "[folders]":
        add_unit(layers, [name.strip() for name in left.split("+")], values)
    elif section == "[headers]":
        known(layers, left)
        for header in values:
            if header in layers.headers:
                raise BadLayers(f"a header belongs to two folders; got `{header}`; want one line")
            layers.headers[header] = left
    elif section == "[third party]":
        for name in values:
            if name != "tests":
                known(layers, name.split("/")[0])
        layers.fences[left] = values
    else:
        raise BadLayers(f"a line outside the sections; got `{line}`; want it under [folders] or another")


def add_unit(layers: Layers, unit: list[str], values: list[str]) -> None:
    """Folders that may include each other and `values`, all of which must be known already."""
    for name in unit:
        if name in layers.folders:
            raise BadLayers(f"a folder has two lines; got `{name}`; want one")
    for value in values:
        if value != "public" and not value.startswith(PUBLIC):
            known(layers, value)
    for name in unit:
        layers.folders[name] = set(values) | set(unit)


def known(layers: Layers, folder: str) -> None:
    if folder not in layers.folders:
        raise BadLayers(f"unknown folder; got `{folder}`; want one of the lines above")


class Checker:
    """Collects the violations of one tree."""

    def __init__(self, root: Path, layers: Layers):
        self.root = root
        self.layers = layers
        self.errors: list[str] = []
        self.edges = 0

    def run(self) -> list[str]:
        for folder in sorted(path for path in (self.root / "src").iterdir() if path.is_dir()):
            if folder.name not in self.layers.folders:
                self.report(folder, 0, "unknown folder", folder.name, "a line in src/LAYERS")
                continue
            self.check_folder(folder, folder.name)
        self.check_public()
        for folder in ("examples", "experiments"):
            if (self.root / folder).is_dir():
                self.check_folder(self.root / folder, folder)
        return self.errors

    def check_folder(self, top: Path, folder: str) -> None:
        for path in sources(top):
            self.check_file(path, folder, public=False)

    def check_public(self) -> None:
        for path in sources(self.root / "include"):
            folder = self.layers.headers.get(path.name)
            if folder is None:
                self.report(path, 0, "a public header without a folder", path.name, "a line in src/LAYERS")
            else:
                self.check_file(path, folder, public=True)

    def check_file(self, path: Path, folder: str, public: bool) -> None:
        for number, line in enumerate(path.read_text(errors="replace").splitlines(), 1):
            match = INCLUDE.match(line)
            if not match:
                continue
            self.edges += 1
            quote, target = match.groups()
            fault = self.fault(path, folder, public, quote, target)
            if fault:
                what, want = fault
                self.report(path, number, what, f"{quote}{target}{'>' if quote == '<' else quote}", want)

    def fault(self, path: Path, folder: str, public: bool, quote: str, target: str):
        """(what, want) when this include is not allowed."""
        if target.startswith(PUBLIC):
            return self.public_fault(folder, quote, target)
        fence = next((prefix for prefix in self.layers.fences if target.startswith(prefix)), None)
        if fence:
            return self.fence_fault(path, folder, public, fence)
        if quote == '"':
            return self.own_fault(folder, public, target)
        if "/" not in target and "." not in target:
            return None  # the standard library
        if any(target.startswith(name) for name in self.layers.system):
            return ("a public header sees the system", "the standard library") if public else None
        return "an unknown third party", "a line in src/LAYERS"

    def public_fault(self, folder: str, quote: str, target: str):
        owner = self.layers.headers.get(target.removeprefix(PUBLIC))
        allowed = self.layers.folders[folder]
        if quote != '"':
            return "a header of the project in angle brackets", f'"{target}"'
        if owner is None:
            return "a public header without a folder", "a line in src/LAYERS"
        if owner in allowed or target in allowed or "public" in allowed:
            return None
        return f"`{folder}` may not see `{owner}`", self.allowed(folder)

    def own_fault(self, folder: str, public: bool, target: str):
        owner = target.split("/")[0]
        if public:
            return "a public header sees the inside of the library", "public headers only"
        if "/" not in target or owner not in self.layers.folders:
            return "an include of no known folder", 'a path from src: "base/text.h"'
        if owner in self.layers.folders[folder]:
            return None
        return f"`{folder}` may not see `{owner}`", self.allowed(folder)

    def fence_fault(self, path: Path, folder: str, public: bool, fence: str):
        places = self.layers.fences[fence]
        if public:
            return "a public header includes a third party", "none"
        inside = path.relative_to(self.root / "src") if path.is_relative_to(self.root / "src") else path
        is_test = TEST.search(path.name) and "tests" in places
        if folder in places or str(inside) in places or is_test:
            return None
        return f"`{fence}` is fenced", "only in " + ", ".join(places)

    def allowed(self, folder: str) -> str:
        return ", ".join(sorted(self.layers.folders[folder]))

    def report(self, path: Path, line: int, what: str, got: str, want: str) -> None:
        self.errors.append(f"{path.relative_to(self.root)}:{line}: {what}; got {got}; want {want}")


def sources(top: Path) -> list[Path]:
    return sorted(path for path in top.rglob("*") if path.suffix in SUFFIXES)


SELF_TEST_LAYERS = """
[folders]
base:
optim + transforms: base
nn: base optim
data: base thalweg/params.h
umbrella: public
cli: base public
[headers]
base: error.h
optim: params.h chain.h
nn: tensor.h
umbrella: thalweg.h
[third party]
hwy/: optim
dnnl: nn/onednn.cc
gtest/: tests
[system]
sys/
"""

# file, include, and what the report must say; None where it is allowed.
SELF_TEST_CASES = [
    ("src/base/a.cc", "<vector>", None),
    ("src/base/a.cc", "<sys/mman.h>", None),
    ("src/base/a.cc", '"thalweg/error.h"', None),
    ("src/base/a.cc", '"optim/plan.h"', "`base` may not see `optim`"),
    ("src/base/a.cc", '"thalweg/params.h"', "`base` may not see `optim`"),
    ("src/base/a.cc", "<hwy/highway.h>", "`hwy/` is fenced"),
    ("src/base/a.cc", '"hwy/highway.h"', "`hwy/` is fenced"),
    ("src/base/a.cc", "<boost/any.hpp>", "an unknown third party"),
    ("src/base/a.cc", '"text.h"', "an include of no known folder"),
    ("src/base/a.cc", "<thalweg/error.h>", "in angle brackets"),
    ("src/base/a.cc", "<gtest/gtest.h>", "`gtest/` is fenced"),
    ("src/base/a_test.cc", "<gtest/gtest.h>", None),
    ("src/base/test_files.h", "<gtest/gtest.h>", None),
    ("src/base/a_test.cc", '"optim/plan.h"', "`base` may not see `optim`"),
    ("src/optim/a.cc", '"transforms/adam.h"', None),
    ("src/optim/a.cc", "<hwy/highway.h>", None),
    ("src/transforms/list.inc", '"optim/tile.h"', None),
    ("src/transforms/list.inc", '"nn/tape.h"', "`transforms` may not see `nn`"),
    ("src/nn/ops/dense.cc", '"nn/tape.h"', None),
    ("src/nn/ops/dense.cc", "<dnnl.hpp>", "`dnnl` is fenced"),
    ("src/nn/onednn.cc", "<dnnl.hpp>", None),
    ("src/data/a.cc", '"thalweg/params.h"', None),
    ("src/data/a.cc", '"thalweg/chain.h"', "`data` may not see `optim`"),
    ("src/data/a.cc", '"optim/params.h"', "`data` may not see `optim`"),
    ("src/cli/a.cc", '"thalweg/tensor.h"', None),
    ("src/cli/a.cc", '"base/text.h"', None),
    ("src/cli/a.cc", '"nn/tape.h"', "`cli` may not see `nn`"),
    ("src/extra/a.cc", "<vector>", "unknown folder"),
    ("include/thalweg/chain.h", '"thalweg/params.h"', None),
    ("include/thalweg/chain.h", '"thalweg/tensor.h"', "`optim` may not see `nn`"),
    ("include/thalweg/chain.h", '"base/text.h"', "sees the inside"),
    ("include/thalweg/chain.h", "<hwy/highway.h>", "includes a third party"),
    ("include/thalweg/chain.h", "<sys/mman.h>", "sees the system"),
    ("include/thalweg/thalweg.h", '"thalweg/tensor.h"', None),
    ("include/thalweg/lost.h", "<vector>", "a public header without a folder"),
]

# A LAYERS text that must be refused, and why.
SELF_TEST_BAD_LAYERS = [
    ("[folders]\nbase: optim\noptim:\n", "unknown folder"),
    ("[folders]\nbase:\nbase:\n", "two lines"),
    ("[folders]\nbase\n", "no colon"),
    ("base:\n", "outside the sections"),
    ("[folders]\nbase:\n[headers]\nbase: a.h a.h\n", "two folders"),
    ("[folders]\nbase:\n[third party]\nfmt/: cli\n", "unknown folder"),
]


def self_test() -> None:
    """Every rule above finds its violation and nothing else."""
    for name, include, want in SELF_TEST_CASES:
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder)
            for part in ("src", "include/thalweg", str(Path(name).parent)):
                (root / part).mkdir(parents=True, exist_ok=True)
            (root / "src/LAYERS").write_text(SELF_TEST_LAYERS)
            (root / name).write_text(f"// a comment\n#include {include}\n")
            errors = Checker(root, read_layers(root / "src/LAYERS")).run()
        good = len(errors) == 1 and want in errors[0] if want else not errors
        assert good, f"{name} with {include}: want {want}, got {errors}"
    for text, want in SELF_TEST_BAD_LAYERS:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "LAYERS"
            path.write_text(text)
            try:
                read_layers(path)
            except BadLayers as bad:
                assert want in str(bad), f"{text!r}: want {want}, got {bad}"
            else:
                raise AssertionError(f"{text!r} was read")
    print(f"layers: self-test passed, {len(SELF_TEST_CASES) + len(SELF_TEST_BAD_LAYERS)} cases")


def main(arguments: list[str]) -> int:
    if arguments == ["--self-test"]:
        self_test()
        return 0
    if arguments:
        print(__doc__, file=sys.stderr)
        return 2
    try:
        checker = Checker(ROOT, read_layers(ROOT / "src" / "LAYERS"))
    except BadLayers as bad:
        print(f"src/{bad}", file=sys.stderr)
        return 1
    errors = checker.run()
    print("\n".join(errors) if errors else f"layers: {checker.edges} includes, all allowed")
    return 1 if errors else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
