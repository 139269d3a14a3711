#!/usr/bin/env python3
"""Mends what Debian's furo lacks beside the original: its script still has to be bundled, its style imports one of the
server's, and without a choice it stays light where the system is dark.

Usage: tools/docs/theme.py --self-test
"""

import re
import sys
import tempfile
from pathlib import Path

IMPORT = re.compile(r'^import Gumshoe from "[^"]*";\n')
DARK = re.compile(r'body\[data-theme="dark"\] \{([^}]*)\}')
SERVED = re.compile(r"@import url\((/javascript/[^)]+)\);")
MARK = "/* as the system */"


def bundled(script: str, gumshoe: str) -> str:
    """furo.js as a script of its own, or unchanged where it is one already."""
    if not IMPORT.match(script):
        return script
    library = f"const module = {{exports: {{}}}}, exports = module.exports;\n{gumshoe}\nreturn module.exports;"
    return f"(() => {{\nconst Gumshoe = (() => {{\n{library}\n}})();\n{IMPORT.sub('', script)}\n}})();\n"


def with_system_dark(style: str) -> str:
    """The colours of the dark theme under the system's setting as well."""
    colours = DARK.search(style)
    if not colours or "prefers-color-scheme" in style:
        return style
    chosen = f'body:not([data-theme="light"]) {{{colours[1]}}}'
    return f"{style}\n{MARK}\n@media screen and (prefers-color-scheme: dark) {{ {chosen} }}\n"


def whole(style: str, served: Path = Path("/usr/share")) -> str:
    """The style with those that Debian's web server would give it."""
    return SERVED.sub(lambda match: (served / match[1].lstrip("/")).read_text(), style)


def mend(app, exception) -> None:
    static = Path(app.outdir) / "_static"
    script, style = static / "scripts/furo.js", static / "styles/furo.css"
    if exception or not script.exists():
        return
    script.write_text(bundled(script.read_text(), (static / "scripts/gumshoe-patched.js").read_text()))
    style.write_text(with_system_dark(whole(style.read_text())))


def setup(app):
    app.connect("build-finished", mend)
    return {"parallel_read_safe": True}


def self_test() -> None:
    script = bundled('import Gumshoe from "./gumshoe-patched.js";\nmain();\n', "module.exports = 1;")
    assert "import" not in script and "module.exports = 1;" in script and "main();" in script, script
    assert bundled(script, "x") == script
    style = with_system_dark('body[data-theme="dark"] { --a: b; }')
    assert style.endswith('@media screen and (prefers-color-scheme: dark) { body:not([data-theme="light"]) { --a: b; } }\n'), style
    assert with_system_dark(style) == style
    with tempfile.TemporaryDirectory() as scratch:
        (Path(scratch) / "javascript").mkdir()
        (Path(scratch) / "javascript/n.css").write_text("html {}")
        assert whole("@import url(/javascript/n.css);\na {}", Path(scratch)) == "html {}\na {}"
    print("theme: self-test passed")


if __name__ == "__main__":
    if sys.argv[1:] != ["--self-test"]:
        sys.exit(__doc__)
    self_test()
