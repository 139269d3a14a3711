#!/usr/bin/env python3
"""Checks the links of built pages: every file and place that a page leads to is there, and nothing is loaded from the
network.

Usage: tools/docs/links.py FOLDER | --self-test
Prints one line for each violation, `page: what; got; want`, and exits 1 when there are any.
"""

import re
import sys
import tempfile
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

LOADS = {("img", "src"), ("script", "src"), ("iframe", "src"), ("source", "src"), ("object", "data"), ("link", "href")}


STYLE = re.compile(r"""url\(\s*(?:'([^']*)'|"([^"]*)"|([^)'"\s]*))\s*\)|@import\s+["']([^"']+)""")


class Page(HTMLParser):
    def __init__(self, text: str):
        super().__init__()
        self.places: set[str] = set()
        self.leads: list[tuple[str, bool]] = []  # where to, and whether it is loaded with the page
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        for name, value in attributes:
            if name in ("id", "name") and value:
                self.places.add(value)
            if (name in ("href", "src") or (tag, name) in LOADS) and value:
                self.leads.append((value, (tag, name) in LOADS))


def errors_of(folder: Path) -> list[str]:
    pages = {path.resolve(): Page(path.read_text()) for path in folder.rglob("*.html")}
    errors = []
    for path, page in pages.items():
        where = path.relative_to(folder.resolve())
        for target, loaded in page.leads:
            parts = urlsplit(target)
            if parts.scheme or parts.netloc:
                if loaded and parts.scheme != "data":
                    errors.append(f"{where}: loaded from the network; got {target}; want a file of the pages")
                continue
            to = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            if not to.is_file():
                errors.append(f"{where}: leads to no file; got {target}; want one of the pages")
            elif parts.fragment and to in pages and unquote(parts.fragment) not in pages[to].places:
                errors.append(f"{where}: leads to no place of that page; got {target}; want one of its headings")
    for path in folder.rglob("*.css"):
        for target in filter(None, map("".join, STYLE.findall(path.read_text()))):
            outside = re.match(r"/|\w+:", target)
            if not target.startswith("data:") and (outside or not (path.parent / target.split("?")[0].split("#")[0]).is_file()):
                errors.append(f"{path.relative_to(folder)}: loaded from elsewhere; got {target}; want a file of the pages")
    return sorted(set(errors)) if pages else [f"{folder}: no pages"]


def self_test() -> None:
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        (folder / "a.html").write_text('<h1 id="x"><a href="b.html#y">b</a><a href="#x">x</a><a href="https://example.com">far</a>')
        (folder / "b.html").write_text('<p id="y"><img src="data:image/png;base64,AA==">')
        assert not errors_of(folder), errors_of(folder)
        for text in ('<a href="c.html">', '<a href="b.html#z">', '<a href="#y">', '<img src="https://example.com/x.png">',
                     '<script src="//example.com/x.js">', '<link href="gone.css">', '<img src="gone.png">'):
            (folder / "a.html").write_text(text)
            assert len(errors_of(folder)) == 1, (text, errors_of(folder))
        (folder / "a.html").write_text("")
        for text, wrong in (("a { b: url(a.html) }", 0), ("a { b: url('data:x') }", 0), ("@import url(/n.css);", 1),
                            ('@import "https://example.com/n.css";', 1), ("a { b: url(gone.png) }", 1)):
            (folder / "s.css").write_text(text)
            assert len(errors_of(folder)) == wrong, (text, errors_of(folder))
    assert errors_of(Path("/nowhere"))
    print("links: self-test passed")


def main(arguments: list[str]) -> int:
    if arguments == ["--self-test"]:
        self_test()
        return 0
    if len(arguments) != 1:
        sys.exit(__doc__)
    errors = errors_of(Path(arguments[0]))
    print("\n".join(errors) if errors else "links: every link leads somewhere")
    return 1 if errors else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
