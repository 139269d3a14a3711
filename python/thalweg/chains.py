"""A function for every transform and recipe: chains.clip_norm(1) | chains.adam(beta2=0.95) | chains.lr(3e-3).

Options are those of the catalogue, under the same names; `help(chains.adam)` has formula, defaults and source."""

from ._factories import Namespace
from ._texts import Chain

_names = Namespace(__name__, ("transforms", "recipes"), Chain)


def __getattr__(name: str):
    return _names.get(name)


def __dir__():
    return sorted(_names.entries())
