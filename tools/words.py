#!/usr/bin/env python3
"""Finds what must not stand in the files of the project: unfinished work, machine paths, stray white space.

Usage: tools/words.py [--self-test]
Looks at tracked and new files that git does not ignore. Prints one line for each violation,
`file:line: what; got; want`, and exits 1 when there are any.
The words are built from parts below, so that this file passes its own check.
"""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

UNFINISHED = ["TO" + "DO", "FIX" + "ME", "X" + "XX", "HA" + "CK", "place" + "holder", "not " + "implemented",
              "lorem " + "ipsum"]
VAGUE_NAMES = {"ut" + "ils", "com" + "mon", "mi" + "sc", "det" + "ail", "hel" + "pers"}
MACHINE_FOLDERS = ["ho" + "me", "ro" + "ot", "wo" + "rk"]
REGISTRIES = ["py" + "pi.org", "pythonhosted" + ".org", "registry.npm" + "js.org", "cra" + "tes.io",
              "ruby" + "gems.org", "proxy.golang" + ".org", "anaconda" + ".org", "repo.maven" + ".apache.org",
              "deb.debian" + ".org", "security.debian" + ".org", "archive.ubuntu" + ".com",
              "registry-1.docker" + ".io"]

RULES = [
    ("unfinished work", "the finished thing", re.compile(
        r"\b(?:" + "|".join(word.replace(" ", r"\s+") for word in UNFINISHED) + r")\b", re.IGNORECASE)),
    ("a path of one machine", "a path from the root of the project", re.compile(
        r"(?<![\w./$}~-])/(?:" + "|".join(MACHINE_FOLDERS) + r")(?:/[\w.@~+-]*|\b(?![\w/]))")),
    ("a package registry", "the distribution's packages", re.compile(
        r"\b(?:" + "|".join(re.escape(host) for host in REGISTRIES) + r")\b", re.IGNORECASE)),
    ("white space at the end of a line", "none", re.compile(r"[ \t\r]+$")),
]
TAB_RULE = ("a tab", "spaces", re.compile(r"\t"))
MAY_HOLD_TABS = re.compile(r"(^|/)Makefile$|\.(mk|tsv)$")
NOT_READ = ("fuzz/corpus/", "tests/data/", "tests/vectors/oracles/")


def files() -> list[str]:
    """Tracked and new files that git does not ignore, from the root, links left out."""
    command = ["git", "ls-files", "-co", "--exclude-standard", "-z"]
    listed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    names = sorted(set(listed.split("\0")) - {""})
    return [name for name in names if (ROOT / name).is_file() and not (ROOT / name).is_symlink()]


def read_text(path: Path) -> str | None:
    """The text of a file, or None when it is binary."""
    raw = path.read_bytes()
    if b"\0" in raw:
        return None
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return None


def check_name(name: str) -> list[str]:
    """Folders and files are named after what they hold."""
    parts = [Path(part).stem for part in Path(name).parts]
    vague = [part for part in parts if part.lower() in VAGUE_NAMES]
    return [f"{name}:0: a vague name; got {part}; want what it holds" for part in vague]


def check_text(name: str, text: str) -> list[str]:
    """The violations in the text of one file."""
    errors = []
    rules = RULES if MAY_HOLD_TABS.search(name) else [*RULES, TAB_RULE]
    for number, line in enumerate(text.split("\n"), 1):
        for what, want, pattern in rules:
            match = pattern.search(line)
            if match:
                errors.append(f"{name}:{number}: {what}; got {match.group()!r}; want {want}")
    if text and not text.endswith("\n"):
        lines = text.count("\n") + 1
        errors.append(f"{name}:{lines}: no line break at the end; got {text[-1]!r}; want a line break")
    return errors


def check_tree() -> int:
    errors = []
    names = files()
    for name in names:
        errors += check_name(name)
        text = None if name.startswith(NOT_READ) else read_text(ROOT / name)
        errors += check_text(name, text) if text is not None else []
    print("\n".join(errors) if errors else f"words: {len(names)} files, nothing found")
    return 1 if errors else 0


def self_test() -> None:
    home, work = MACHINE_FOLDERS[0], MACHINE_FOLDERS[2]
    found = [*UNFINISHED, *(word.upper() for word in UNFINISHED), UNFINISHED[0] + "(me): later",
             f"see /{home}/me/a.txt", f'"/{work}/main"', f"cd /{work}", f"(/{home}/x)", f"file:/{home}/x",
             "get https://" + REGISTRIES[0] + "/x", "x ", "x\t", "x\r", "a\tb"]
    for line in found:
        assert check_text("a.cc", line + "\n"), f"{line!r} was not found"
    clean = ["", "mastodon", "hackney", f"https://example.com/{home}/x", f"src/{work}/x", f"/{work}er/x",
             "share/x", "root/x", f"{home}/{work}", "the details, commonly"]
    for line in clean:
        assert not check_text("a.cc", line + "\n"), f"{line!r} was found"
    assert check_text("a.cc", "x") and not check_text("a.cc", "")
    assert not check_text("Makefile", "a:\n\tb\n") and not check_text("x/Makefile", "\tb\n")
    for name in ("src/%s/a.cc", "src/base/%s.h", "tests/%s"):
        assert all(check_name(name % word) for word in VAGUE_NAMES), name
    assert not check_name("src/engine/base/text.cc")
    print("words: self-test passed")


def main(arguments: list[str]) -> int:
    if arguments == ["--self-test"]:
        self_test()
        return 0
    if arguments:
        print(__doc__, file=sys.stderr)
        return 2
    return check_tree()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
