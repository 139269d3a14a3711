"""Sphinx directives that ask the tool while the pages are built.

picture  draws: ```{picture} landscape rosenbrock --paths "gd(lr=1e-3)"``` with a caption as its content
shown    runs its commands one after the other in a folder of the page, and shows each with what it printed; a command that
         fails is a warning, and :fails: N says that the last one ends with exit code N
chains   shows lines of a chain and, two blanks behind it, what it is; a chain that the tool refuses is a warning
formula  typesets its content
"""

import html
import os
import re
import shlex
import shutil
import subprocess
from pathlib import Path

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.util.docutils import SphinxDirective

from formula import typeset
from tool import Tool, ToolError, commands_of

PICTURES = "_pictures"


def tool_of(app) -> Tool:
    if not hasattr(app, "thalweg_tool"):
        app.thalweg_tool = Tool(app.config.thalweg_tool, Path(app.srcdir) / PICTURES)
    return app.thalweg_tool


def described(svg: str) -> str:
    """What the picture says of itself in words."""
    parts = [re.search(rf"<{tag}[^>]*>([^<]*)</{tag}>", svg) for tag in ("title", "desc")]
    return " ".join(html.unescape(part[1]).strip().rstrip(".") + "." for part in parts if part)


class Picture(SphinxDirective):
    required_arguments = 1
    final_argument_whitespace = True
    has_content = True
    option_spec = {"command": directives.flag}

    def run(self):
        command = " ".join(self.arguments[0].split())
        try:
            drawn = tool_of(self.env.app).picture(*shlex.split(command))
        except ToolError as error:
            return [self.state.document.reporter.warning(str(error), line=self.lineno)]
        image = nodes.image(uri=f"/{PICTURES}/{drawn.name}", alt=described(drawn.read_text()), classes=["drawn"])
        caption = nodes.caption("", "")
        self.state.nested_parse(self.content, self.content_offset, caption)
        words = [part for paragraph in caption.children for part in paragraph.children]
        caption.children.clear()
        caption += words
        if "command" in self.options:
            caption += [nodes.Text(" " if words else ""), nodes.literal("", f"thalweg {command} --svg FILE", classes=["command"])]
        return [nodes.figure("", image, caption, classes=["drawn", command.split()[0]])]


class Shown(SphinxDirective):
    has_content = True
    option_spec = {"fails": directives.nonnegative_int}

    def folder(self) -> Path:
        """Of this page, empty when its first directive runs, with the tool as `thalweg`."""
        folder = Path(self.env.app.doctreedir) / "shown" / self.env.docname
        if not self.env.temp_data.get("shown"):
            self.env.temp_data["shown"] = True
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)
            bin_folder = folder.parent / (folder.name + ".bin")
            shutil.rmtree(bin_folder, ignore_errors=True)
            bin_folder.mkdir()
            (bin_folder / "thalweg").symlink_to(tool_of(self.env.app).path)
        return folder

    def run(self):
        folder = self.folder()
        path = f"{folder.parent / (folder.name + '.bin')}:{os.environ['PATH']}"
        lines, result = [], []
        commands = commands_of(list(self.content))
        for command in commands:
            done = subprocess.run(command, shell=True, cwd=folder, capture_output=True, text=True, timeout=300,
                                  env={**os.environ, "PATH": path, "COLUMNS": "90"})
            said = done.stdout if done.returncode == 0 else done.stderr
            lines += [f"$ {command}", *said.replace(str(folder) + "/", "").rstrip().splitlines()]
            wanted = self.options.get("fails", 0) if command is commands[-1] else 0
            if done.returncode != wanted:
                what = f"{self.env.docname}: exit code of `{command}`; got {done.returncode}; want {wanted}; it said: {done.stderr}"
                result.append(self.state.document.reporter.warning(what, line=self.lineno))
        text = "\n".join(lines)
        return [nodes.literal_block(text, text, language="console", classes=["shown"]), *result]


class Chains(SphinxDirective):
    has_content = True

    def run(self):
        text, result = "\n".join(self.content), []
        for line in self.content:
            chain = re.split(r" {2,}", line)[0]
            if not tool_of(self.env.app).answers("explain", chain, "--total", "1000"):
                what = f"{self.env.docname}: a chain that the tool refuses; got {chain}; want one for `thalweg explain`"
                result.append(self.state.document.reporter.warning(what, line=self.lineno))
        return [nodes.literal_block(text, text, language="none"), *result]


class Formula(SphinxDirective):
    has_content = True

    def run(self):
        text = "\n".join(self.content)
        return [nodes.raw(text, typeset(text), format="html")]


def setup(app):
    app.add_config_value("thalweg_tool", "", "env")
    app.add_config_value("thalweg_digest", "", "env")  # of the tool and of this code: with another one all pages are made anew
    app.add_directive("picture", Picture)
    app.add_directive("shown", Shown)
    app.add_directive("chains", Chains)
    app.add_directive("formula", Formula)
    return {"parallel_read_safe": True}
