"""Functions for everything that can be named in a text, made from the catalogue: name, options, defaults, documentation."""

from __future__ import annotations

from ._texts import Chain, Schedule, catalog, describe


def printed(value) -> str:
    """A Python value as the grammar writes it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(printed(one) for one in value) + "]"
    if isinstance(value, (Chain, Schedule, Text)):
        return str(value)
    if isinstance(value, str):
        plain = value and not any(c.isspace() or c in '()[],|=;"' for c in value) and value[0] != "!"
        return value if plain else '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return repr(value)


class Text:
    """A schedule that is not tied to a run yet, to be an option of something else."""

    def __init__(self, text: str):
        self.text = text

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return self.text

    def on(self, updates: int = 0, per_epoch: int = 0) -> Schedule:
        """The schedule over a run of so many updates."""
        return Schedule(self.text, updates, per_epoch)


def _default(text: str | None):
    if text in ("true", "false"):
        return text == "true"
    try:
        return float(text) if any(c in text for c in ".e") else int(text)
    except (TypeError, ValueError):
        return text


def _signature(entry: dict):
    from inspect import Parameter, Signature

    required = [one for one in entry["options"] if one.get("required")]
    others = [one for one in entry["options"] if not one.get("required")]
    return Signature([Parameter(one["name"], Parameter.POSITIONAL_OR_KEYWORD) for one in required]
                     + [Parameter(one["name"], Parameter.KEYWORD_ONLY, default=_default(one.get("default"))) for one in others])


def _factory(entry: dict, result):
    name = entry["name"]

    def make(*arguments, **options):
        words = [printed(one) for one in arguments]
        words += [f"{key}={printed(value)}" for key, value in options.items() if value is not None]
        return result(f"{name}({', '.join(words)})" if words else name)

    make.__name__ = make.__qualname__ = name
    make.__doc__ = describe(name)
    make.__signature__ = _signature(entry)
    return make


class Namespace:
    """The functions of some kinds of names."""

    def __init__(self, module: str, kinds: tuple[str, ...], result):
        self._module, self._kinds, self._result = module, kinds, result
        self._entries: dict[str, dict] = {}

    def entries(self) -> dict[str, dict]:
        if not self._entries:
            every = catalog()
            self._entries = {entry["name"]: entry for kind in self._kinds for entry in every[kind]}
        return self._entries

    def get(self, name: str):
        if name.startswith("__"):
            raise AttributeError(name)
        if name not in self.entries():
            raise AttributeError(f"module {self._module!r} has no {name!r}; it has {', '.join(sorted(self.entries()))}")
        return _factory(self.entries()[name], self._result)


