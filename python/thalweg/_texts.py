"""Chains and schedules: values that are texts of one grammar."""

from __future__ import annotations

from ctypes import c_double

from ._library import core, encoded


class Chain:
    """A chain of gradient transforms: Chain("adam | decay(0.01) | lr(1e-3)"). Canonical and immutable; `|` joins."""

    __slots__ = ("text",)

    def __init__(self, text: str):
        self.text = core().text("chain_print", encoded(str(text)), 0)

    def full_text(self) -> str:
        """With every option, also those at their default."""
        return core().text("chain_print", encoded(self.text), 1)

    def resolve(self, updates: int = 0, per_epoch: int = 0) -> Chain:
        """With every length in updates: shares of `updates`, epochs of `per_epoch`."""
        return Chain(core().text("chain_resolve", encoded(self.text), updates, per_epoch))

    def __or__(self, other) -> Chain:
        return Chain(f"{self.text} | {other}")

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return f"Chain({self.text!r})"

    def __eq__(self, other) -> bool:
        return isinstance(other, Chain) and self.text == other.text

    def __hash__(self) -> int:
        return hash(self.text)

    def __reduce__(self):
        return Chain, (self.text,)


class Schedule:
    """A number as a function of the updates done: Schedule("cosine(3e-4, total=10000, warmup=500)")(k).

    updates, per_epoch: of the run, for shares (5%) and epochs (2ep). Draws itself in a notebook."""

    def __init__(self, text: str, updates: int = 0, per_epoch: int = 0):
        self._core = core()
        self._made_from = (str(text), updates, per_epoch)
        self._handle = self._core.made("schedule_create", encoded(str(text)), updates, per_epoch)

    def __del__(self):
        if getattr(self, "_handle", 0):
            self._core.raw("schedule_destroy")(self._handle)

    def __call__(self, k: int) -> float:
        return self._core.number("schedule_value", self._handle, k, kind=c_double)

    def values(self, count: int, first: int = 0) -> list[float]:
        """Those of k = first, first + 1, ..."""
        out = (c_double * max(count, 1))()
        self._core.schedule_values(self._handle, first, count, out)
        return list(out[:count])

    @property
    def text(self) -> str:
        return self._core.text("schedule_print", self._handle, 0)

    @property
    def total(self) -> int:
        """The update at which it ends; 0: it does not."""
        return self._core.number("schedule_total", self._handle)

    def svg(self, updates: int = 0) -> str:
        """A picture of updates 0 to `updates`, by default to its end, else 1000."""
        from ._workbench import schedule_plot

        return schedule_plot([self.text], updates or self.total or 1000).svg()

    def _repr_svg_(self) -> str:
        return self.svg()

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return f"Schedule({self.text!r})"

    def __reduce__(self):
        return Schedule, self._made_from


def explain(chain: str, arrays, roles=None, json: bool = False) -> str:
    """How a chain would run on these arrays: phases, streams, bytes per element."""
    from ._optimizer import Params

    params = Params(arrays, roles)
    return core().text("chain_explain", encoded(str(chain)), params.handle, int(json))


def catalog(kind: str | None = None) -> dict:
    """What can be named: transforms, recipes and schedules with their options, defaults, formulas and papers."""
    import json

    return json.loads(core().text("list", encoded(kind)))


def describe(name: str) -> str:
    """A page of text about one name: formula, letters, options."""
    return core().text("help", encoded(name))


def version() -> str:
    return core().version().decode()


