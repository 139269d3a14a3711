#!/usr/bin/env python3
"""The tool that the pages are made from: what it answers and what it draws, kept in a folder until the tool changes.

Usage: tools/docs/tool.py --self-test
"""

import hashlib
import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path


class ToolError(Exception):
    """The tool refused: `words` and what it said."""


class Tool:
    def __init__(self, path: str, kept: Path):
        self.path = Path(path).resolve()
        self.kept = kept
        self.digest = hashlib.sha256(self.path.read_bytes()).hexdigest()
        kept.mkdir(parents=True, exist_ok=True)

    def _file(self, words: list[str], suffix: str) -> Path:
        key = hashlib.sha256("\0".join([self.digest, *words]).encode()).hexdigest()[:20]
        return self.kept / (key + suffix)

    def _run(self, words: list[str]) -> str:
        done = subprocess.run([self.path, *words], capture_output=True, text=True, cwd=self.kept, timeout=120)
        if done.returncode:
            raise ToolError(f"thalweg {' '.join(words)}: exit code; got {done.returncode}; want 0; it said: {done.stderr.strip()}")
        return done.stdout

    def text(self, *words: str) -> str:
        """What `thalweg WORDS...` prints."""
        kept = self._file(list(words), ".txt")
        if not kept.exists():
            kept.write_text(self._run(list(words)))
        return kept.read_text()

    def json(self, *words: str):
        return json.loads(self.text(*words, "--json"))

    def answers(self, *words: str) -> bool:
        """Whether the tool accepts this."""
        try:
            self.text(*words)
        except ToolError:
            return False
        return True

    def picture(self, *words: str) -> Path:
        """The file that `thalweg WORDS... --svg FILE` draws."""
        kept = self._file(list(words), ".svg")
        if not kept.exists():
            self._run([*words, "--svg", str(kept)])
        return kept


def commands_of(lines: list[str]) -> list[str]:
    """Commands of a shell: a line each, and those that follow a backslash or belong to a here-document."""
    commands: list[str] = []
    end, goes_on = None, False
    for line in lines:
        if end or goes_on:
            commands[-1] += "\n" + line
        elif line.strip():
            commands.append(line)
        goes_on = not end and line.endswith("\\")
        opened = re.search(r"<<'(\w+)'", line)
        end = opened[1] if opened and not end else None if line == end else end
    return commands


def self_test() -> None:
    assert commands_of(["a", "", "b \\", "  c", "d"]) == ["a", "b \\\n  c", "d"]
    assert commands_of(["cat > x <<'END'", "y \\", "", "END", "z"]) == ["cat > x <<'END'\ny \\\n\nEND", "z"]
    with tempfile.TemporaryDirectory() as scratch:
        script = Path(scratch) / "tool"
        script.write_text("#!/bin/sh\necho run >> runs\n[ $1 = good ] && echo \"$@\" || { echo no >&2; exit 2; }\n")
        script.chmod(0o755)
        tool = Tool(str(script), Path(scratch) / "kept")
        assert tool.text("good", "x") == tool.text("good", "x") == "good x\n"
        assert (Path(scratch) / "kept/runs").read_text() == "run\n", "what was answered once is kept"
        assert tool.answers("good") and not tool.answers("bad")
        script.write_text("#!/bin/sh\necho new\n")
        assert Tool(str(script), Path(scratch) / "kept").text("good", "x") == "new\n", "another tool is asked anew"
    print("tool: self-test passed")


if __name__ == "__main__":
    if sys.argv[1:] != ["--self-test"]:
        sys.exit(__doc__)
    self_test()
