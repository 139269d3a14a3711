"""Thalweg: the optimizing engine of machine learning.

    import thalweg
    optimizer = thalweg.Optimizer({"w": w}, "adamw(lr=1e-3)")     # moves w in place
    report = optimizer.step({"w": gradient})

Also thalweg.torch.Optimizer, a drop-in for torch.optim, and thalweg.sklearn.Classifier and Regressor.
"""

from ._arrays import empty
from ._comm import Comm
from ._library import DataError, DivergedError, Error, ResourceError, UsageError
from ._optimizer import Optimizer, Report
from ._texts import Chain, Schedule, catalog, describe, explain, version

# What needs the libraries of training and of the workbench: loaded at first use.
_LATER = {
    "Model": "_training", "Trainer": "_training", "train": "_training", "train_folds": "_training", "resume": "_training",
    "evaluate": "_training", "predict": "_training", "compare": "_workbench", "study": "_workbench", "lr_find": "_workbench",
    "verify": "_workbench", "landscape": "_workbench", "schedule_plot": "_workbench",
}

__all__ = ["Chain", "Comm", "DataError", "DivergedError", "Error", "Optimizer", "Report", "ResourceError", "Schedule",
           "UsageError", "catalog", "describe", "empty", "explain", "version", *_LATER]


def __getattr__(name: str):
    if name == "__version__":
        return version()
    if name in ("chains", "schedules", "sklearn", "torch"):
        from importlib import import_module

        return import_module(f"{__name__}.{name}")
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_LATER[name]}"), name)


def __dir__():
    return sorted(__all__)
