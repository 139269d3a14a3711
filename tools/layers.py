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
C_STANDARD = {"stddef.h", "stdint.h"}  # what the C header is written with


class BadLayers(Exception):
    """src/LAYERS itself is wrong."""


@dataclass
class Layers:
    rooms: dict[str, set[str]] = field(default_factory=dict)  # room -> names it may include
    storeys: dict[str, str] = field(default_factory=dict)  # room -> the folder of src that it stands in, "" for none
    headers: dict[str, str] = field(default_factory=dict)  # public header -> room
    fences: dict[str, list[str]] = field(default_factory=dict)  # prefix of an include -> rooms or files
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
    if section == "[rooms]":
        add_room(layers, left, values)
    elif section == "[headers]":
        known(layers, left)
        for header in values:
            if header in layers.headers:
                raise BadLayers(f"a header belongs to two rooms; got `{header}`; want one line")
            layers.headers[header] = left
    elif section == "[third party]":
        for name in values:
            if name != "tests":
                known(layers, name.split("/")[0])
        layers.fences[left] = values
    else:
        raise BadLayers(f"a line outside the sections; got `{line}`; want it under [rooms] or another")


def add_room(layers: Layers, path: str, values: list[str]) -> None:
    """A room `storey/room` and what it may include, all of which must be known already."""
    if "+" in path:
        raise BadLayers(f"a line joins two rooms; got `{path}`; want one a room")
    storey, _, name = path.rpartition("/")
    if name in layers.rooms:
        raise BadLayers(f"a room has two lines; got `{name}`; want one")
    for value in values:
        if value != "public" and not value.startswith(PUBLIC):
            known(layers, value)
    layers.rooms[name] = {name, *values}
    layers.storeys[name] = storey


def known(layers: Layers, room: str) -> None:
    if room not in layers.rooms:
        raise BadLayers(f"unknown room; got `{room}`; want one of the lines above")


class Checker:
    """Collects the violations of one tree."""

    def __init__(self, root: Path, layers: Layers):
        self.root = root
        self.layers = layers
        self.errors: list[str] = []
        self.edges = 0

    def run(self) -> list[str]:
        for top in sorted(path for path in (self.root / "src").iterdir() if path.is_dir()):
            if top.name in self.layers.rooms:
                self.check_room(top, top.name)
                continue
            for path in sorted(top.iterdir()):
                self.check_place(path, top.name)
        self.check_public()
        for room in ("examples", "experiments"):
            if (self.root / room).is_dir():
                self.check_room(self.root / room, room)
        return self.errors

    def check_place(self, path: Path, storey: str) -> None:
        """What stands in a storey is a room of it."""
        if path.is_dir() and self.layers.storeys.get(path.name) == storey:
            self.check_room(path, path.name)
        elif path.is_dir() or path.suffix in SUFFIXES:
            self.report(path, 0, "no room of this storey", path.name, f"a line `{storey}/...` in src/LAYERS")

    def check_room(self, top: Path, room: str) -> None:
        for path in sources(top):
            self.check_file(path, room, public=False)

    def check_public(self) -> None:
        for path in sources(self.root / "include"):
            header = str(path.relative_to(self.root / "include" / "thalweg"))
            room = self.layers.headers.get(header)
            if room is None:
                self.report(path, 0, "a public header without a room", header, "a line in src/LAYERS")
            else:
                self.check_file(path, room, public=True)

    def check_file(self, path: Path, room: str, public: bool) -> None:
        for number, line in enumerate(path.read_text(errors="replace").splitlines(), 1):
            match = INCLUDE.match(line)
            if not match:
                continue
            self.edges += 1
            quote, target = match.groups()
            fault = self.fault(path, room, public, quote, target)
            if fault:
                what, want = fault
                self.report(path, number, what, f"{quote}{target}{'>' if quote == '<' else quote}", want)

    def fault(self, path: Path, room: str, public: bool, quote: str, target: str):
        """(what, want) when this include is not allowed."""
        if target.startswith(PUBLIC):
            return self.public_fault(room, quote, target)
        fence = next((prefix for prefix in self.layers.fences if target.startswith(prefix)), None)
        if fence:
            return self.fence_fault(path, room, public, fence)
        if quote == '"':
            return self.own_fault(room, public, target)
        if target in C_STANDARD or ("/" not in target and "." not in target):
            return None  # the standard library
        if any(target.startswith(name) for name in self.layers.system):
            return ("a public header sees the system", "the standard library") if public else None
        return "an unknown third party", "a line in src/LAYERS"

    def public_fault(self, room: str, quote: str, target: str):
        owner = self.layers.headers.get(target.removeprefix(PUBLIC))
        allowed = self.layers.rooms[room]
        if quote != '"':
            return "a header of the project in angle brackets", f'"{target}"'
        if owner is None:
            return "a public header without a room", "a line in src/LAYERS"
        if owner in allowed or target in allowed or "public" in allowed:
            return None
        return f"`{room}` may not see `{owner}`", self.allowed(room)

    def own_fault(self, room: str, public: bool, target: str):
        owner = target.split("/")[0]
        if public:
            return "a public header sees the inside of the library", "public headers only"
        if "/" not in target or owner not in self.layers.rooms:
            return "an include of no known room", 'the room and the file: "base/text.h"'
        if owner in self.layers.rooms[room]:
            return None
        return f"`{room}` may not see `{owner}`", self.allowed(room)

    def fence_fault(self, path: Path, room: str, public: bool, fence: str):
        places = self.layers.fences[fence]
        if public:
            return "a public header includes a third party", "none"
        inside = self.place(path)
        is_test = TEST.search(path.name) and "tests" in places
        if room in places or str(inside) in places or is_test:
            return None
        return f"`{fence}` is fenced", "only in " + ", ".join(places)

    def place(self, path: Path) -> Path:
        """`room/file` of a file of src."""
        if not path.is_relative_to(self.root / "src"):
            return path
        inside = path.relative_to(self.root / "src")
        return inside if inside.parts[0] in self.layers.rooms else Path(*inside.parts[1:])

    def allowed(self, room: str) -> str:
        return ", ".join(sorted(self.layers.rooms[room]))

    def report(self, path: Path, line: int, what: str, got: str, want: str) -> None:
        self.errors.append(f"{path.relative_to(self.root)}:{line}: {what}; got {got}; want {want}")


def sources(top: Path) -> list[Path]:
    return sorted(path for path in top.rglob("*") if path.suffix in SUFFIXES)


SELF_TEST_LAYERS = """
[rooms]
engine/base:
engine/optim: base
learn/nn: base optim
learn/data: base thalweg/params.h
lab/find: base optim
umbrella: public
tool: base public
[headers]
base: error.h
optim: params.h chain.h
nn: tensor.h
find: lab/find.h
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
    ("src/engine/base/a.cc", "<vector>", None),
    ("src/engine/base/a.cc", "<sys/mman.h>", None),
    ("src/engine/base/a.cc", '"thalweg/error.h"', None),
    ("src/engine/base/a.cc", '"optim/plan.h"', "`base` may not see `optim`"),
    ("src/engine/base/a.cc", '"thalweg/params.h"', "`base` may not see `optim`"),
    ("src/engine/base/a.cc", "<hwy/highway.h>", "`hwy/` is fenced"),
    ("src/engine/base/a.cc", '"hwy/highway.h"', "`hwy/` is fenced"),
    ("src/engine/base/a.cc", "<boost/any.hpp>", "an unknown third party"),
    ("src/engine/base/a.cc", '"text.h"', "an include of no known room"),
    ("src/engine/base/a.cc", "<thalweg/error.h>", "in angle brackets"),
    ("src/engine/base/a.cc", "<gtest/gtest.h>", "`gtest/` is fenced"),
    ("src/engine/base/a_test.cc", "<gtest/gtest.h>", None),
    ("src/engine/base/test_files.h", "<gtest/gtest.h>", None),
    ("src/engine/base/a_test.cc", '"optim/plan.h"', "`base` may not see `optim`"),
    ("src/engine/optim/a.cc", "<hwy/highway.h>", None),
    ("src/engine/optim/list.inc", '"optim/tile.h"', None),
    ("src/engine/optim/list.inc", '"nn/tape.h"', "`optim` may not see `nn`"),
    ("src/learn/nn/ops/dense.cc", '"nn/tape.h"', None),
    ("src/learn/nn/ops/dense.cc", "<dnnl.hpp>", "`dnnl` is fenced"),
    ("src/learn/nn/onednn.cc", "<dnnl.hpp>", None),
    ("src/learn/data/a.cc", '"thalweg/params.h"', None),
    ("src/learn/data/a.cc", '"thalweg/chain.h"', "`data` may not see `optim`"),
    ("src/learn/data/a.cc", '"optim/params.h"', "`data` may not see `optim`"),
    ("src/tool/a.cc", '"thalweg/tensor.h"', None),
    ("src/tool/a.cc", '"base/text.h"', None),
    ("src/tool/a.cc", '"nn/tape.h"', "`tool` may not see `nn`"),
    ("src/tool/a.cc", '"thalweg/lab/find.h"', None),
    ("src/learn/nn/a.cc", '"thalweg/lab/find.h"', "`nn` may not see `find`"),
    ("src/lab/find/a.cc", '"find/a.h"', None),
    ("src/lab/extra/a.cc", "<vector>", "no room of this storey"),
    ("src/learn/find/a.cc", "<vector>", "no room of this storey"),
    ("src/lab/a.cc", "<vector>", "no room of this storey"),
    ("include/thalweg/chain.h", '"thalweg/params.h"', None),
    ("include/thalweg/chain.h", '"thalweg/tensor.h"', "`optim` may not see `nn`"),
    ("include/thalweg/chain.h", '"base/text.h"', "sees the inside"),
    ("include/thalweg/chain.h", "<hwy/highway.h>", "includes a third party"),
    ("include/thalweg/chain.h", "<sys/mman.h>", "sees the system"),
    ("include/thalweg/thalweg.h", '"thalweg/tensor.h"', None),
    ("include/thalweg/lab/find.h", '"thalweg/chain.h"', None),
    ("include/thalweg/lab/lost.h", "<vector>", "a public header without a room"),
    ("include/thalweg/lost.h", "<vector>", "a public header without a room"),
]

# A LAYERS text that must be refused, and why.
SELF_TEST_BAD_LAYERS = [
    ("[rooms]\nengine/base: optim\nengine/optim:\n", "unknown room"),
    ("[rooms]\nengine/base:\nlab/base:\n", "two lines"),
    ("[rooms]\nengine/a + engine/b:\n", "joins two rooms"),
    ("[rooms]\nbase\n", "no colon"),
    ("base:\n", "outside the sections"),
    ("[rooms]\nengine/base:\n[headers]\nbase: a.h a.h\n", "two rooms"),
    ("[rooms]\nengine/base:\n[third party]\nfmt/: tool\n", "unknown room"),
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
