"""Comparing, searching, checking, drawing."""

from __future__ import annotations

import json
from pathlib import Path

from ._library import encoded, lab, texts
from ._training import _toml


class Picture:
    """Something drawn: svg() or html(), and itself in a notebook."""

    def __init__(self, make):
        self._make = make

    def svg(self) -> str:
        return self._make("svg")

    def html(self) -> str:
        return self._make("html")

    def save(self, path) -> None:
        """As the ending says: .svg or .html."""
        kind = "svg" if str(path).endswith(".svg") else "html"
        with open(path, "w", encoding="utf-8") as file:
            file.write(self._make(kind))

    def _repr_svg_(self) -> str:
        return self.svg()


class Found(dict):
    """A result as a dictionary, which tells itself in words and shows itself in a notebook."""

    def __init__(self, result: dict, text: str, html: str):
        super().__init__(result)
        self._text, self._html = text, html

    def __str__(self) -> str:
        return self._text

    def html(self) -> str:
        """A page of its own."""
        return self._html

    def _repr_html_(self) -> str:
        escaped = self._html.replace("&", "&amp;").replace('"', "&quot;")
        return f'<iframe srcdoc="{escaped}" style="width: 100%; height: 640px; border: 0"></iframe>'


def _next_folder(name: str) -> Path:
    taken = [int(path.name) for path in Path(name).glob("*") if path.name.isdigit()]
    return Path(name) / str(max(taken, default=0) + 1)


def compare(optimizers, directory=None, *, seeds: int = 10, rates: int = 11, **settings) -> Found:
    """Optimizers within the same budget: a rate for each, many seeds, paired tests. Settings as of train()."""
    names, count = texts([str(one) for one in optimizers])
    where = encoded(str(directory or _next_folder("comparisons")))
    # What is in the folder is not repeated.
    told = {kind: lab().text("compare", names, count, _toml(settings), seeds, rates, where, kind.encode())
            for kind in ("json", "text", "html")}
    return Found(json.loads(told["json"]), told["text"], told["html"])


def study(optimizers, data=(), directory=None, *, folds: int = 0, seeds: int = 10, rates: int = 11, **settings) -> Found:
    """compare() on each of several data sets, or with `folds` on the folds of each, and what the ranks say together: Friedman's
    and Iman and Davenport's tests, Nemenyi's critical difference. The folder has a page for each comparison."""
    names, count = texts([str(one) for one in optimizers])
    sources, sets = texts([data] if isinstance(data, str) else [str(one) for one in data])
    where = encoded(str(directory or _next_folder("comparisons")))
    told = {kind: lab().text("study", names, count, sources, sets, folds, _toml(settings), seeds, rates, where, kind.encode())
            for kind in ("json", "text", "html")}
    return Found(json.loads(told["json"]), told["text"], told["html"])


def lr_find(**settings) -> Found:
    """A learning rate for an optimizer on data: lr_find(data="digits", optimizer="adamw(lr=1)")."""
    toml = _toml(settings)
    told = {kind: lab().text("find_rate", toml, kind.encode()) for kind in ("json", "text", "html")}
    return Found(json.loads(told["json"]), told["text"], told["html"])


def verify(*paths) -> dict:
    """Cases of expected values made by other libraries: files, or folders that are searched."""
    names, count = texts([str(path) for path in paths])
    return json.loads(lab().text("verify", names, count))


def landscape(of, chains=(), updates: int = 200) -> Picture:
    """A function of x and y with the ways of chains down it, or the loss around a run's weights."""
    names, count = texts([str(chain) for chain in chains])
    return Picture(lambda kind: lab().text("landscape", encoded(str(of)), names, count, updates, kind.encode()))


def schedule_plot(schedules, updates: int, per_epoch: int = 0) -> Picture:
    """Schedules in one picture."""
    names, count = texts([str(one) for one in schedules])
    return Picture(lambda kind: lab().text("schedule_plot", names, count, updates, per_epoch, kind.encode()))
