#!/usr/bin/env python3
"""Builds the documentation: the pages of docs/site, those of the repository that users want, the catalogue and the
commands as the tool tells them, with pictures that it draws. No network is used, and the result needs none.

Usage: tools/docs/build.py TOOL FOLDER       writes FOLDER/html; FOLDER/source and FOLDER/kept are kept for the next time
       tools/docs/build.py --self-test
"""

import filecmp
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

sys.dont_write_bytecode = True
import links
import pages
from tool import Tool

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent

# Files of the repository that are pages, and as what; those that are not there are left out.
TAKEN = {
    "ARCHITECTURE.md": "inside/architecture.md",
    "CHANGELOG.md": "inside/changes.md",
    "CONTRIBUTING.md": "inside/extend.md",
    "bench/README.md": "inside/bench.md",
    "docs/commands.md": "tool/tour.md",
    "docs/dependencies.md": "inside/dependencies.md",
    "docs/install.md": "start/install.md",
    "docs/mutants.md": "inside/mutants.md",
    "docs/performance.md": "reference/performance.md",
    "docs/tables.md": "reference/tables.md",
    "docs/words.md": "inside/words.md",
    "experiments/README.md": "inside/experiments.md",
    "tests/vectors/README.md": "inside/vectors.md",
}
LINK = re.compile(r"(?P<image>!?)\[(?P<text>[^\]]*)\]\((?P<target>[^)\s]+)\)")


def taken(root: Path) -> dict[str, str]:
    adr = {f"docs/adr/{path.name}": f"inside/adr/{path.name}" for path in (root / "docs/adr").glob("*.md")}
    return {name: page for name, page in {**TAKEN, **adr}.items() if (root / name).is_file()}


def with_links(text: str, name: str, pages_of: dict[str, str]) -> str:
    """The text of the repository's file `name` with links that lead from its page: to pages and pictures; what is no page is
    named in words."""
    def leads(match: re.Match) -> str:
        target, _, place = match["target"].partition("#")
        if not target or re.match(r"\w+:", target):
            return match[0]
        path = os.path.normpath(os.path.join(os.path.dirname(name), target))
        page = f"_taken/{path}" if match["image"] else pages_of.get(path)
        if not page:
            page = pages_of.get(path + "/README.md")
        if not page:
            return match["text"]
        leading = os.path.relpath(page, os.path.dirname(pages_of[name]))
        return f"{match['image']}[{match['text']}]({leading}{'#' + place if place else ''})"

    return LINK.sub(leads, text)


def without_absent(text: str, absent: set[str]) -> str:
    """The text without the lines of a toctree that name pages that are not there."""
    return "".join(line for line in text.splitlines(keepends=True) if line.strip() + ".md" not in absent)


def assemble(tool: Tool, source: Path) -> None:
    """All pages, in a new folder."""
    shutil.copytree(ROOT / "docs/site", source)
    shutil.copytree(ROOT / "docs/pictures", source / "_taken/docs/pictures")
    shutil.copytree(ROOT / "examples", source / "_taken/examples")
    pages_of = taken(ROOT)
    index = source / "index.md"
    index.write_text(without_absent(index.read_text(), set(TAKEN.values()) - set(pages_of.values())))
    for name, page in pages_of.items():
        (source / page).parent.mkdir(parents=True, exist_ok=True)
        (source / page).write_text(with_links((ROOT / name).read_text(), name, pages_of))
    pages.write_catalogue(tool, source / "catalogue")
    pages.write_commands(tool, source / "tool/commands")


def put(new: Path, old: Path) -> None:
    """Makes `old` hold what `new` holds; files that are the same are not touched."""
    files = {path.relative_to(new) for path in new.rglob("*") if path.is_file()}
    for path in old.rglob("*"):
        name = path.relative_to(old)
        if path.is_file() and name not in files and name.parts[0] != "_pictures":
            path.unlink()
    for name in files:
        if not (old / name).exists() or not filecmp.cmp(new / name, old / name, shallow=False):
            (old / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(new / name, old / name)


def digest_of(tool: Tool) -> str:
    """Of everything that pages are made by."""
    code = [path.read_bytes() for path in sorted(HERE.glob("*.py"))]
    return hashlib.sha256(b"".join([tool.digest.encode(), *code])).hexdigest()


def build(tool_path: str, folder: Path) -> int:
    folder = folder.resolve()
    tool = Tool(tool_path, folder / "kept")
    with tempfile.TemporaryDirectory() as scratch:
        assemble(tool, Path(scratch) / "source")
        put(Path(scratch) / "source", folder / "source")
    done = subprocess.run(
        [sys.executable, "-m", "sphinx", "-n", "-W", "--keep-going", "-q", "-b", "html", "-d", folder / "trees",
         "-D", f"thalweg_tool={tool.path}", "-D", f"thalweg_digest={digest_of(tool)}", "-D", f"release={tool.text('--version').split()[-1]}", folder / "source", folder / "html"],
        env={**os.environ, "PYTHONPATH": str(HERE), "PYTHONDONTWRITEBYTECODE": "1"})
    errors = [] if done.returncode else links.errors_of(folder / "html")
    print("\n".join(errors) if errors else "" if done.returncode else f"docs: {folder / 'html/index.html'}")
    return 1 if done.returncode or errors else 0


def self_test() -> None:
    pages_of = {"docs/a.md": "reference/a.md", "docs/adr/README.md": "inside/adr/README.md", "b.md": "inside/b.md"}
    cases = {
        "[b](../b.md#x)": "[b](../inside/b.md#x)",
        "[adr](adr)": "[adr](../inside/adr/README.md)",
        "[code](../src/x.cc)": "code",
        "![p](pictures/p.png)": "![p](../_taken/docs/pictures/p.png)",
        "[far](https://example.com) [here](#x)": "[far](https://example.com) [here](#x)",
    }
    for text, want in cases.items():
        got = with_links(text, "docs/a.md", pages_of)
        assert got == want, f"{text}: got {got}; want {want}"
    assert without_absent("start/c\nstart/install\n", {"start/install.md"}) == "start/c\n"
    with tempfile.TemporaryDirectory() as scratch:
        new, old = Path(scratch) / "new", Path(scratch) / "old"
        for path, text in ((new / "a/b.md", "1"), (old / "gone.md", "2"), (old / "_pictures/p.svg", "3")):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        put(new, old)
        kept = sorted(str(path.relative_to(old)) for path in old.rglob("*") if path.is_file())
        assert kept == ["_pictures/p.svg", "a/b.md"], kept
    print("build: self-test passed")


def main(arguments: list[str]) -> int:
    if arguments == ["--self-test"]:
        self_test()
        return 0
    if len(arguments) != 2:
        sys.exit(__doc__)
    return build(arguments[0], Path(arguments[1]))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
