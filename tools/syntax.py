#!/usr/bin/env python3
"""Checks every source with the compiler of a configured build, warnings being errors, without making code of it.

Usage: tools/syntax.py [--under FOLDER] BUILD [INCLUDE...]
Takes the commands of BUILD/compile_commands.json as they are, those of sources under FOLDER where one is given, adds
-fsyntax-only and the folders INCLUDE (where a header that the build makes may be found already), and runs as many at a
time as there are processors. Prints what the compiler says and exits 1 when a source fails.
"""

import json
import os
import shlex
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path


def syntax_command(command: str, includes: list[str]) -> list[str]:
    """The command without its launcher and outputs, for the syntax alone."""
    words = shlex.split(command)
    launcher = [i for i, word in enumerate(words) if Path(word).name == "ccache"]
    if launcher:
        words = words[launcher[0] + 1:]
    kept = [words[0], "-fsyntax-only", *(f"-I{Path(folder).resolve()}" for folder in includes)]
    skip = 0
    for word in words[1:]:
        if skip:
            skip -= 1
        elif word in ("-o", "-MF", "-MT"):
            skip = 1
        elif word != "-MD":
            kept.append(word)
    return kept


def check(entry: dict[str, str], includes: list[str]) -> tuple[str, subprocess.CompletedProcess]:
    command = syntax_command(entry["command"], includes)
    done = subprocess.run(command, cwd=entry["directory"], capture_output=True, text=True, check=False)
    return entry["file"], done


def main(arguments: list[str]) -> int:
    under = Path()
    if arguments[:1] == ["--under"] and len(arguments) > 1:
        under, arguments = Path(arguments[1]), arguments[2:]
    if not arguments or arguments[0].startswith("-"):
        print(__doc__, file=sys.stderr)
        return 2
    commands = json.loads((Path(arguments[0]) / "compile_commands.json").read_text())
    build = Path(arguments[0]).resolve()  # where sources are made that are not there without a build
    sources = [entry for entry in commands if entry["file"].endswith(".cc")
               and Path(entry["file"]).is_relative_to(under.resolve()) and not Path(entry["file"]).is_relative_to(build)]
    failed = 0
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for file, done in pool.map(lambda entry: check(entry, arguments[1:]), sources):
            if done.returncode != 0 or done.stderr:
                failed += 1
                print(f"{file}:\n{done.stderr}")
    print(f"syntax: {len(sources)} sources, {failed} with complaints")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
