"""Reading and writing the texts of chains: what stands between the bars, and which options it has."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache

from ._library import core, encoded
from ._texts import catalog

_NAMED = re.compile(r"(\w+)=")


@dataclass
class Link:
    """One transform of a chain, with all options as text: Link("lr", {"value": "0.001", "on": "all"})."""

    name: str
    options: dict[str, str] = field(default_factory=dict)

    def number(self, option: str) -> float | None:
        """None where it has no such option, or a schedule in its place."""
        try:
            return float(self.options[option])
        except (KeyError, ValueError):
            return None

    def __str__(self) -> str:
        told = ", ".join(f"{name}={value}" for name, value in self.options.items())
        return f"{self.name}({told})" if told else self.name


def pieces(text: str, separator: str) -> list[str]:
    """What separators outside of brackets and quotes divide."""
    out, begin, depth, quoted, at = [], 0, 0, False, 0
    while at < len(text):
        letter = text[at]
        if letter == "\\" and quoted:
            at += 1  # with what it protects
        elif letter == '"':
            quoted = not quoted
        elif not quoted and letter in "([":
            depth += 1
        elif not quoted and letter in ")]":
            depth -= 1
        elif letter == separator and depth == 0 and not quoted:
            out.append(text[begin:at].strip())
            begin = at + 1
        at += 1
    last = text[begin:].strip()
    return [*out, last] if last or out else []


@lru_cache(maxsize=1)
def _first_options() -> dict[str, str]:
    """What the argument without a name is."""
    listed = catalog("transforms")["transforms"]
    return {one["name"]: one["options"][0]["name"] for one in listed if one["options"]}


def _pair(transform: str, argument: str) -> tuple[str, str]:
    named = _NAMED.match(argument)
    return (named[1], argument[named.end():]) if named else (_first_options()[transform], argument)


def read(chain: str) -> list[Link]:
    """The transforms of a chain, recipes expanded, with every option. Raises UsageError for a text that is wrong."""
    links = []
    for item in pieces(core().text("chain_print", encoded(str(chain)), 1), "|"):
        name, bracket, arguments = item.partition("(")
        links.append(Link(name, dict(_pair(name, one) for one in pieces(arguments[:-1], ",")) if bracket else {}))
    return links


def write(links) -> str:
    return " | ".join(str(link) for link in links)


def quoted(name: str) -> str:
    escaped = name.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def owners(links) -> list[str]:
    """What each is called where its state and options are named: "adam", and "adam2" for the second one."""
    seen: dict[str, int] = {}
    out = []
    for link in links:
        seen[link.name] = times = seen.get(link.name, 0) + 1
        out.append(link.name if times == 1 else f"{link.name}{times}")
    return out
