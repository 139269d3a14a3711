#!/usr/bin/env python3
"""Finds what must not stand in the files of the project: unfinished work, machine paths, stray white space. Checks that
docs/words.md has a line for every folder of src and every word of a public type, and none for what is gone.

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
WORDS = "docs/words.md"
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


def split_name(name: str) -> set[str]:
    """The words of an identifier: RateSearch and rate_search are rate and search."""
    return {word.lower() for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", name)}


def words_of_types(header: str) -> set[str]:
    """The words of the types that a header defines; not of those that it only declares."""
    kept = re.sub(r"//.*", "", header)
    names = re.findall(r"^\s*(?:class|struct|enum class|enum)\s+([\w:]+)(?=[^;(){]*\{)", kept, re.MULTILINE)
    names += re.findall(r"^\s*using\s+([A-Z]\w*)\s*=", kept, re.MULTILINE)
    return {word for name in names for word in split_name(name)}


def sections(text: str) -> list[dict[str, int]]:
    """For each section the words of its table, with their line."""
    found: list[dict[str, int]] = []
    for number, line in enumerate(text.split("\n"), 1):
        if line.startswith("## "):
            found.append({})
        row = re.fullmatch(r"\| ([a-z_, ]+) \| .+ \|", line)
        if row and found and row[1] not in ("word", "folder"):
            found[-1].update({word: number for word in row[1].split(", ")})
    return found


def check_words(text: str, folders: set[str], types: set[str], code: set[str]) -> list[str]:
    """Of docs/words.md: the folders, the words of public types, and words of the code."""
    parts = sections(text)
    if len(parts) != 3:
        return [f"{WORDS}:1: sections; got {len(parts)}; want folders, words of public types, words of the code"]
    listed_folders, listed_types, listed_code = parts
    errors = [f"{WORDS}:0: no line for the folder {name}" for name in sorted(folders - set(listed_folders))]
    known = set().union(*parts)
    errors += [f"{WORDS}:0: no line for the word {word} of a public type" for word in sorted(types - known)]
    for listed, existing, where in ((listed_folders, folders, "folder of src"), (listed_types, types, "public type"),
                                    (listed_code, code, "place in src")):
        errors += [f"{WORDS}:{line}: a word that is gone; got {word}; want one of a {where}"
                   for word, line in listed.items() if word not in existing]
    return errors


def check_words_of_tree(names: list[str]) -> list[str]:
    sources = [name for name in names if name.startswith(("src/", "include/"))]
    folders = {part for name in sources if name.startswith("src/") for part in Path(name).parent.parts[1:]}
    texts = {name: read_text(ROOT / name) or "" for name in sources}
    types = set().union(*(words_of_types(text) for name, text in texts.items() if name.startswith("include/")))
    return check_words((ROOT / WORDS).read_text(), folders, types, set().union(*map(split_name, texts.values())))


def check_tree() -> int:
    names = files()
    errors = check_words_of_tree(names)
    for name in names:
        errors += check_name(name)
        text = None if name.startswith(NOT_READ) else read_text(ROOT / name)
        errors += check_text(name, text) if text is not None else []
    print("\n".join(errors) if errors else f"words: {len(names)} files, every public word explained")
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
    test_words()
    print("words: self-test passed")


def test_words() -> None:
    header = ("class Gone;\nstruct RateSearch {\n};\nclass Run final : public Base {\n  enum class Kind { a };\n"
              "struct Impl;\nusing Shape = int;\nclass Trainer::Range\n{\n")
    assert words_of_types(header) == {"rate", "search", "run", "kind", "shape", "trainer", "range"}, words_of_types(header)
    text = "## Rooms\n| folder | what |\n|---|---|\n| run | a |\n## Types\n| rate, rates | b |\n## Code\n| tile | c |\n"
    given = ({"run"}, {"run", "rate", "rates"}, {"tile"})
    assert not check_words(text, *given)
    for folders, types, code in ((set(), *given[1:]), ({"run", "x"}, *given[1:]), (given[0], {"run", "rate"}, given[2]),
                                 (given[0], given[1] | {"new"}, given[2]), (*given[:2], set())):
        assert len(check_words(text, folders, types, code)) == 1, (folders, types, code)
    assert len(check_words("", *given)) == 1


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
