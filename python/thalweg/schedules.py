"""A function for every schedule: schedules.cosine(3e-4, total=10000, warmup=500), to be an option of a chain, or, by
.on(updates), a function of the updates done."""

from ._factories import Namespace, Text

_names = Namespace(__name__, ("schedules",), Text)


def __getattr__(name: str):
    return _names.get(name)


def __dir__():
    return sorted(_names.entries())
