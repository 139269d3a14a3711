"""Networks and their training: on arrays in memory, and as runs with a folder."""

from __future__ import annotations

import ctypes
import json
from ctypes import c_char_p, c_double, c_int, c_size_t, c_uint64, c_void_p

from . import _arrays
from ._library import Evaluation, Predictions, Samples, TrainerOptions, UsageError, core, encoded, learn
from ._optimizer import Optimizer, Report

_PROGRESS = ctypes.CFUNCTYPE(c_int, c_void_p, ctypes.POINTER(Report), c_double, c_uint64)


def _numpy():
    import numpy  # what samples are held in

    return numpy


class Model:
    """A network from a text: Model("dense(128) | relu | dense(10)", inputs=64). In float32, weights by `seed`."""

    def __init__(self, text: str, inputs, seed: int = 1):
        self._learn = learn()
        shape = (inputs,) if isinstance(inputs, int) else tuple(inputs)
        self.inputs = shape
        sizes = (ctypes.c_int64 * max(len(shape), 1))(*shape)
        self._handle = self._learn.made("model_create", encoded(text), len(shape), sizes, seed)
        self.outputs = self._learn.number("model_outputs", self._handle, kind=c_size_t)

    def __del__(self):
        if getattr(self, "_handle", 0):
            self._learn.raw("model_destroy")(self._handle)

    @property
    def text(self) -> str:
        return self._learn.text("model_print", self._handle)

    def parameters(self) -> dict[str, object]:
        """Name -> array, such as "dense1.weight" {inputs, outputs}: the model's own memory."""
        from ._library import Tensor

        params = self._learn.made("model_params", self._handle)
        owner = _Params(params, self)
        out = {}
        for i in range(core().number("params_count", params, kind=c_size_t)):
            tensor = Tensor()
            core().params_value(params, i, ctypes.byref(tensor))
            shape = tuple(tensor.shape[d] for d in range(tensor.rank))
            out[tensor.name.decode()] = _arrays.lent(tensor.data or 0, tensor.dtype, shape, owner)
        return out

    def predict(self, inputs, threads: int = 0):
        """What the last layer gives for each row: a NumPy array of rows x outputs, in float32."""
        numpy = _numpy()
        rows = numpy.ascontiguousarray(inputs, dtype=numpy.float32)
        out = numpy.empty((len(rows), self.outputs), dtype=numpy.float32)
        features = 1
        for size in self.inputs:
            features *= size
        if rows.size != len(rows) * features:
            raise UsageError(f"inputs: not what the model takes; got shape {rows.shape}; want rows of {features}")
        self._learn.model_predict(self._handle, len(rows), rows.ctypes.data, threads, out.ctypes.data)
        return out


class _Params:
    """A handle of a model's parameters, which keeps the model."""

    def __init__(self, handle: int, model: Model, names=()):
        self.handle, self.model, self.names = handle, model, list(names)

    def __del__(self):
        core().raw("params_destroy")(self.handle)


def _samples(inputs, targets, classes: int, weights=None):
    """The structure that C takes, and the arrays that it points to."""
    numpy = _numpy()
    x = numpy.ascontiguousarray(inputs, dtype=numpy.float32)
    x = x.reshape(len(x), -1)
    out = Samples(rows=x.shape[0], features=x.shape[1], inputs=x.ctypes.data)
    if targets is None:
        return out, (x,)
    if len(targets) != len(x):
        raise UsageError(f"targets: not one a row; got {len(targets)} for {len(x)} rows; want as many")
    if classes:
        given = numpy.asarray(targets)
        y = given.reshape(len(x), -1).astype(numpy.int32) if given.dtype != object else numpy.empty((0, 0))
        if y.shape[1] != 1 or not numpy.array_equal(y, given.reshape(len(x), -1)):
            raise UsageError(f"targets: not labels; got shape {given.shape} of {given.dtype}; want one whole number a row, "
                             f"0 to {classes - 1}")
        y = numpy.ascontiguousarray(y[:, 0])
        out.classes, out.labels = classes, y.ctypes.data
    else:
        y = numpy.ascontiguousarray(targets, dtype=numpy.float64).reshape(len(x), -1)
        out.columns, out.values = y.shape[1], y.ctypes.data
    if weights is None:
        return out, (x, y)
    w = numpy.ascontiguousarray(weights, dtype=numpy.float64)
    if w.shape != (len(x),):
        raise UsageError(f"weights: not one a row; got shape {w.shape}; want {(len(x),)}")
    out.weights = w.ctypes.data
    return out, (x, y, w)


class Trainer:
    """Trains a model on arrays: labels 0 to classes - 1 where `classes` is given, else values.

        trainer = Trainer(model, "cross_entropy", "adamw(lr=1e-3)", x, y, classes=10)
        for _ in range(20): print(trainer.epoch())

    epochs: what schedules without a length are planned for. batch 0: all samples. weights: of the samples, at least
    0; the loss of a batch is their weighted mean. chunk: samples that pass through the model at a time, and checkpoint:
    parts of it that are computed again going backward, bound its memory; compute="bf16": the type of the products;
    statistics_batches: of which averaged weights find the statistics of batch_norm, 0 for a whole epoch; fuse: a parameter is updated as soon as
    backpropagation has its gradient."""

    def __init__(self, model: Model, loss: str, optimizer: str, inputs, targets, *, weights=None, classes: int = 0,
                 batch: int = 64, accumulate: int = 1, epochs: int = 20, seed: int = 1, threads: int = 0,
                 order: str = "shuffle", nonfinite: str = "report", chunk: int = 0, checkpoint: int = 1,
                 compute: str = "f32", statistics_batches: int = 0, fuse: bool = False):
        self._learn = learn()
        self.model, self.classes = model, classes
        options = TrainerOptions(batch=batch, accumulate=accumulate, epochs=epochs, seed=seed, threads=threads,
                                 order=encoded(order), nonfinite=encoded(nonfinite), chunk=chunk, checkpoint=checkpoint,
                                 compute=encoded(compute), statistics_batches=statistics_batches, fuse=int(fuse))
        samples, _keep = _samples(inputs, targets, classes, weights)
        self._handle = self._learn.made("trainer_create", model._handle, encoded(loss), encoded(str(optimizer)),
                                        ctypes.byref(samples), ctypes.byref(options))

    def __del__(self):
        if getattr(self, "_handle", 0):
            self._learn.raw("trainer_destroy")(self._handle)

    def step(self) -> tuple[Report, float]:
        """One update; its report, and the loss of its batch before it, which is a mean over report.mass: samples, or the
        sum of their weights."""
        report, loss = Report(), c_double()
        self._learn.trainer_step(self._handle, ctypes.byref(report), ctypes.byref(loss))
        return report, loss.value

    def epoch(self) -> float:
        """The updates that are left of an epoch; their mean loss."""
        return self._learn.number("trainer_epoch", self._handle, kind=c_double)

    @property
    def optimizer(self) -> Optimizer:
        """Its optimizer: state, clocks, averages, to_bytes() with the weights; it is the trainer that steps it."""
        return _TrainersOptimizer(self)

    def evaluate(self, inputs, targets, weights=None) -> dict:
        """How well the model does, under the names of `thalweg eval --json`: samples and loss; of classes accuracy,
        balanced_accuracy, baseline, log_loss, confusion, and precision, recall, f1, auc and average_precision, each a dict of
        every class, "0", "1", ..., and their mean, "macro"; of values r2, mae, rmse and baseline. None where undefined;
        all weighted where weights are given."""
        samples, _keep = _samples(inputs, targets, self.classes, weights)
        return json.loads(self._learn.text("trainer_evaluate_json", self._handle, ctypes.byref(samples)))

    def _counted(self, inputs, targets, weights=None) -> tuple[float, float]:
        """The loss, and the accuracy of classes or R2 of values: NaN where undefined. No scores are sorted for them."""
        samples, _keep = _samples(inputs, targets, self.classes, weights)
        out = Evaluation()
        self._learn.trainer_evaluate(self._handle, ctypes.byref(samples), ctypes.byref(out))
        return out.loss, out.accuracy if self.classes else out.r2


class _TrainersOptimizer(Optimizer):
    """The optimizer that a trainer made for the parameters of its model."""

    def __init__(self, trainer: Trainer):
        self._core = core()
        self._model = trainer.model
        handle = learn().made("model_params", trainer.model._handle)
        self._params = _Params(handle, trainer.model, trainer.model.parameters())
        self._handle = learn().made("trainer_optimizer", trainer._handle)

    def step(self, *_arguments, **_options):
        raise UsageError("step: the trainer steps this optimizer; got a call of its step(); want Trainer.step() or "
                         "Trainer.epoch()")

    def values(self) -> dict[str, object]:
        return self._model.parameters()


def _class_weight(name, weight) -> str:
    quoted = str(name).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{quoted}"={float(weight)!r}'


def _setting(value) -> str:
    if isinstance(value, dict):  # of classes
        value = ",".join(_class_weight(*item) for item in value.items())
    return json.dumps(value) if isinstance(value, (str, bool)) else repr(value)


def _toml(settings: dict) -> bytes:
    return encoded("".join(f"{name.replace('_', '-')} = {_setting(value)}\n" for name, value in settings.items()))


def _followed(progress):
    """`progress(report, loss, total)` as C calls it; what it raises is raised when C has returned."""
    raised: list[BaseException] = []

    def call(_context, report, loss, total):
        try:
            return int(bool(progress(Report.from_buffer_copy(report.contents), loss, total)))
        except BaseException as error:  # through C it cannot go
            raised.append(error)
            return 1

    return (_PROGRESS(call) if progress else None), raised


def _run(function: str, arguments, progress) -> dict | None:
    called, raised = _followed(progress)
    out = c_char_p()
    getattr(learn(), function)(*arguments, ctypes.cast(called, c_void_p) if called else None, None, ctypes.byref(out))
    if raised:
        raise raised[0]
    return json.loads(out.value) if out.value else None


def train(directory=None, *, progress=None, **settings) -> dict | None:
    """A run with its folder, as `thalweg train`: train(data="csv(train.csv, target=price)", epochs=30). Settings as
    there, - as _. `progress(report, loss, total_updates)` is called after every update; True stops the run, which
    resume() continues. The result, or None where it was stopped."""
    where = encoded(str(directory)) if directory is not None else None
    return _run("train", (_toml(settings), where), progress)


def train_folds(directory=None, *, folds: int = 5, progress=None, **settings) -> dict | None:
    """Cross-validation, as `thalweg train --folds`: a run for each fold of the rows, which holds it out. Mean, deviation and
    folds of every metric, or None where `progress` stopped it, which resume() continues."""
    where = encoded(str(directory)) if directory is not None else None
    return _run("train_folds", (_toml(settings), folds, where), progress)


def resume(directory, *, threads: int = 0, progress=None) -> dict | None:
    """Continues a run, or folds, bit for bit."""
    return _run("run_resume", (encoded(str(directory)), threads), progress)


def evaluate(directory, data: str | None = None, *, checkpoint: str | None = None, threads: int = 0) -> dict:
    """A run's weights on `data`, by default the held-out part of its own."""
    return json.loads(learn().text("run_evaluate", encoded(str(directory)), encoded(data), encoded(checkpoint), threads))


def predict(directory, data: str | None = None, *, checkpoint: str | None = None, threads: int = 0) -> dict:
    """What a run's model says of every row of `data`: names of the columns and numbers (rows x columns); of classes
    also labels, the likeliest one of each row; where a column tells the rows apart also id, its name, and ids."""
    numpy = _numpy()
    handle = learn().made("run_predict", encoded(str(directory)), encoded(data), encoded(checkpoint), threads)
    try:
        read = Predictions()
        learn().predicted_read(handle, ctypes.byref(read))
        names = [read.names[i].decode() for i in range(read.columns)]
        size = read.rows * read.columns
        numbers = numpy.array(read.numbers[:size]).reshape(read.rows, read.columns)
        out = {"names": names, "numbers": numbers}
        if read.classes:
            best = ctypes.cast(read.best, ctypes.POINTER(ctypes.c_uint32))
            out["labels"] = [names[best[row]] for row in range(read.rows)]
        if read.ids:
            out["id"], out["ids"] = read.id.decode(), [read.ids[row].decode() for row in range(read.rows)]
        return out
    finally:
        learn().predicted_destroy(handle)
