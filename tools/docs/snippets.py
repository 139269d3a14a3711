#!/usr/bin/env python3
"""Runs what the pages of docs/site show: programs are compiled, linked and run, fragments of C++ are compiled, Python is run.
Commands behind a `$` are run by tools/docs/build.py, which shows what they print.

Usage: tools/docs/snippets.py [BUILD [FILE...]]   BUILD: the folder of a finished build, `build` by default
       tools/docs/snippets.py --self-test
A block of `cpp`, `c` or `python` is one of these; a comment `% not run: WHY` before it leaves it out. What cannot be tried
here - no package thalweg, no torch - is said. Prints one line for each snippet that fails, `file:line: what`, and exits 1.
"""

import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
BLOCK = re.compile(r"^(?P<skip>% not run: [^\n]*\n)?```(?P<language>cpp|c|python)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)

# What fragments of C++ may use.
PRELUDE = """#include <iostream>
#include "thalweg/thalweg.h"
using namespace thalweg;
"""
SETTING = "[[maybe_unused]] static void fragment{0}(Params& params, Optimizer& optimizer) {{\n#line {1} \"{2}\"\n{3}}}\n"
FLAGS = {"cpp": ["g++", "-std=c++20", "-Wall", "-Wextra", "-Wno-unused", "-Wno-missing-field-initializers"],
         "c": ["gcc", "-std=c99", "-Wall", "-Wextra", "-pedantic", "-Werror"]}


@dataclass
class Snippet:
    file: str
    line: int
    language: str
    text: str

    @property
    def where(self) -> str:
        return f"{self.file}:{self.line}"

    @property
    def is_program(self) -> bool:
        return re.search(r"\bint main\(", self.text) is not None


def snippets_of(file: str, text: str) -> list[Snippet]:
    return [Snippet(file, text.count("\n", 0, match.start("text")) + 1, match["language"], match["text"])
            for match in BLOCK.finditer(text) if not match["skip"]]


def failure(where: str, done: subprocess.CompletedProcess) -> list[str]:
    return [] if done.returncode == 0 else [f"{where}: exit code; got {done.returncode}; want 0\n{done.stdout}{done.stderr}"]


def libraries(build: Path) -> list[str]:
    """What the tool is linked with, from the build's own rules; none where there is no build."""
    rules = build / "build.ninja"
    match = re.search(r"^build thalweg: .*?^  LINK_LIBRARIES = ([^\n]*)$", rules.read_text(), re.MULTILINE | re.DOTALL) \
        if rules.exists() else None
    words = match[1].split() if match else []
    there = all((build / word).exists() for word in words if word.endswith(".a") and not word.startswith("/"))
    return words if there else []


def run_program(snippet: Snippet, build: Path, scratch: Path) -> list[str]:
    source, program = scratch / f"program.{snippet.language}", scratch / "program"
    source.write_text(snippet.text)
    compiler = [*FLAGS[snippet.language], f"-I{ROOT / 'include'}", f"-I{build / 'include'}"]
    words = libraries(build)
    done = subprocess.run([*compiler, "-c", source, "-o", scratch / "program.o"], capture_output=True, text=True)
    if done.returncode or not words:
        return failure(snippet.where, done)
    done = subprocess.run(["g++", scratch / "program.o", "-o", program, *words, "-pthread"], cwd=build, capture_output=True, text=True)
    if done.returncode:
        return failure(snippet.where, done)
    return failure(snippet.where, subprocess.run([program], cwd=scratch, capture_output=True, text=True, timeout=300))


def compile_fragments(fragments: list[Snippet], build: Path, scratch: Path) -> list[str]:
    source = scratch / "fragments.cpp"
    source.write_text(PRELUDE + "".join(SETTING.format(i, f.line, f.file, f.text) for i, f in enumerate(fragments)))
    done = subprocess.run([*FLAGS["cpp"], "-fsyntax-only", f"-I{ROOT / 'include'}", f"-I{build / 'include'}", source],
                          capture_output=True, text=True)
    return failure("fragments of C++", done)


def lacks(snippet: Snippet, build: Path) -> str | None:
    """What this machine has not got of what a snippet needs."""
    if snippet.language == "python":
        for module in re.findall(r"^(?:import|from) ([\w.]+)", snippet.text, re.MULTILINE):
            done = subprocess.run([sys.executable, "-c", f"import {module}"], cwd=ROOT / "python" if (ROOT / "python").is_dir() else ROOT,
                                  capture_output=True)
            if done.returncode:
                return f"the module {module}"
        return None
    for header in re.findall(r'#include [<"](thalweg/[\w/]+\.h)[>"]', snippet.text):
        if not any((folder / header).exists() for folder in (ROOT / "include", build / "include")):
            return f"the header {header}"
    return None


def try_all(files: list[Path], build: Path) -> int:
    snippets = [snippet for file in files for snippet in snippets_of(str(file.relative_to(ROOT)), file.read_text())]
    errors, left = [], []
    fragments = [snippet for snippet in snippets if snippet.language == "cpp" and not snippet.is_program]
    with tempfile.TemporaryDirectory() as scratch:
        for snippet in snippets:
            missing = None if snippet in fragments else lacks(snippet, build)
            if missing:
                left.append(f"{snippet.where}: not tried, for want of {missing}")
            elif snippet.language == "python":
                done = subprocess.run([sys.executable, "-c", snippet.text], capture_output=True, text=True, timeout=300,
                                      cwd=ROOT / "python" if (ROOT / "python").is_dir() else scratch)
                errors += failure(snippet.where, done)
            elif snippet not in fragments:
                errors += run_program(snippet, build, Path(scratch))
        errors += compile_fragments(fragments, build, Path(scratch)) if fragments else []
    print("\n".join([*left, *errors]) if left or errors else "", end="\n" if left or errors else "")
    how = "run" if libraries(build) else "compiled, not linked: no finished build"
    print(f"snippets: {len(snippets) - len(left)} of {len(snippets)} tried ({how}), {len(errors)} failed")
    return 1 if errors else 0


def self_test() -> None:
    page = "a\n```cpp\nint main() {}\n```\n% not run: no\n```c\nx\n```\n```text\ny\n```\n```python\nz\n```\n```cpp\nf();\n```\n"
    found = snippets_of("a.md", page)
    assert [(s.line, s.language, s.is_program) for s in found] == [(3, "cpp", True), (13, "python", False), (16, "cpp", False)], found
    with tempfile.TemporaryDirectory() as scratch:
        assert not libraries(Path(scratch))
        good = Snippet("a.md", 1, "c", "int main(void) { return 0; }\n")
        bad = Snippet("a.md", 1, "c", "int main(void) { return x; }\n")
        assert not run_program(good, Path(scratch), Path(scratch)) and run_program(bad, Path(scratch), Path(scratch))
    print("snippets: self-test passed")


def main(arguments: list[str]) -> int:
    if arguments == ["--self-test"]:
        self_test()
        return 0
    build = Path(arguments[0] if arguments else "build").resolve()
    files = [Path(name).resolve() for name in arguments[1:]] or sorted((ROOT / "docs/site").rglob("*.md"))
    return try_all(files, build)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
