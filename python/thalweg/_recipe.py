"""What is trained where nothing is said: the recipe of `thalweg train` where it tries nothing."""

from __future__ import annotations

from typing import NamedTuple

_LEAST_EPOCHS = 30
# A small table needs more passes to be learnt: values gain from many, classes are soon fitted by heart.
_LEAST_UPDATES_FOR_CLASSES = 300
_LEAST_UPDATES_FOR_VALUES = 2000
_EPOCHS_FOR_VALUES = 100  # as far as that stays below
_MOST_UPDATES_FOR_VALUES = 20000
# Few samples of classes are separated long before the rate has fallen; the weights must not grow on.
_FEW_SAMPLES = 1000

# Of a stream whose end nobody knows: a rate that does not fall.
STREAM_OPTIMIZER = "adamw(lr=1e-3)"


class Task(NamedTuple):
    """samples to train on, `outputs` classes or values, batch: samples of an update."""

    classes: bool
    outputs: int
    samples: int
    batch: int

    @property
    def updates_per_epoch(self) -> int:
        return -(-self.samples // min(self.batch, self.samples))


def model_for(task: Task) -> str:
    return f"dense(128) | relu | dense({task.outputs})"


def loss_for(task: Task, model_outputs: int) -> str:
    if not task.classes:
        return "mse"
    return "bce" if model_outputs == 1 else "cross_entropy"


def epochs_for(task: Task) -> int:
    least = _LEAST_UPDATES_FOR_CLASSES if task.classes else _LEAST_UPDATES_FOR_VALUES
    epochs = max(_LEAST_EPOCHS, -(-least // task.updates_per_epoch))
    if task.classes:
        return epochs
    return max(epochs, min(_EPOCHS_FOR_VALUES, _MOST_UPDATES_FOR_VALUES // task.updates_per_epoch))


def optimizer_for(task: Task, epochs: int) -> str:
    """A single update leaves no room for a warm-up."""
    few = task.classes and task.samples < _FEW_SAMPLES
    warmup = ", warmup=5%" if max(epochs, task.updates_per_epoch) > 1 else ""
    return f"adamw(lr=cosine(5e-3{warmup}), decay={1 if few else 0.01})"
