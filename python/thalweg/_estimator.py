"""What the estimators for scikit-learn have in common: options, training, what is kept of it."""

from __future__ import annotations

import numbers
import re
from typing import NamedTuple

try:
    import numpy as np
    from sklearn.base import BaseEstimator
    from sklearn.model_selection import train_test_split
    from sklearn.utils import check_array, check_consistent_length, check_random_state
    from sklearn.utils.validation import _check_n_features, _check_sample_weight, check_is_fitted, validate_data
except ImportError as error:
    raise ImportError("thalweg.sklearn needs the package scikit-learn, 1.6 or newer; try `pip install scikit-learn` "
                      f"({error})") from error

from . import _recipe
from ._frames import to_matrix
from ._library import UsageError
from ._network import Network
from ._scaling import Scaling
from ._training import Trainer


class Learnt(NamedTuple):
    """All that fit() and partial_fit() leave; what they continue from."""

    seed: int
    network: Network
    inputs: Scaling
    targets: Scaling | None  # of values
    loss: str = ""
    chain: str = ""
    state: bytes = b""  # parameters, averages, clocks
    batches: int = 0  # that it has seen: the clock of the data


def _is_whole(value, least: int) -> bool:
    return isinstance(value, numbers.Integral) and not isinstance(value, bool) and value >= least


def _is_real(value) -> bool:
    return isinstance(value, numbers.Real) and not isinstance(value, bool)


# Option: what it may be, in code and in words.
_WANTED = {
    "max_iter": (lambda v: v is None or _is_whole(v, 1), "epochs, at least 1; None: as many as the samples need"),
    "batch_size": (lambda v: v is None or _is_whole(v, 1), "samples, at least 1; None: all of them"),
    "validation_fraction": (lambda v: _is_real(v) and 0 < v < 1, "a share between 0 and 1"),
    "n_iter_no_change": (lambda v: _is_whole(v, 1), "epochs, at least 1"),
    "tol": (lambda v: _is_real(v) and v >= 0, "a number of at least 0"),
    "n_threads": (lambda v: v is None or _is_whole(v, 1), "threads, at least 1; None: all that the process may use"),
}


# Layers in whose training a sample meets the others of its batch, or a number drawn for its place there.
_MIXES_SAMPLES = re.compile(r"\b(dropout|batch_norm)\b")


def _seed_of(random_state) -> int:
    generator = check_random_state(random_state)
    return int(random_state) if isinstance(random_state, numbers.Integral) else int(generator.randint(2**31 - 1))


class Estimator(BaseEstimator):
    """What classes and values have in common."""

    def __init__(self, model: str = "auto", *, optimizer: str = "auto", loss: str = "auto", max_iter: int | None = None,
                 batch_size: int | None = 64, standardize: bool = True, shuffle: bool = True,
                 early_stopping: bool = False, validation_fraction: float = 0.1, n_iter_no_change: int = 10,
                 tol: float = 1e-4, warm_start: bool = False, random_state=None, n_threads: int | None = None,
                 verbose: bool = False):
        self.model = model
        self.optimizer = optimizer
        self.loss = loss
        self.max_iter = max_iter
        self.batch_size = batch_size
        self.standardize = standardize
        self.shuffle = shuffle
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.n_iter_no_change = n_iter_no_change
        self.tol = tol
        self.warm_start = warm_start
        self.random_state = random_state
        self.n_threads = n_threads
        self.verbose = verbose

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "_learnt")

    # Training

    def fit(self, X, y, sample_weight=None) -> Estimator:
        """Trains for max_iter epochs, from initial weights, or with warm_start from those that it has. The optimizer
        and its schedules begin anew each time. Means of the loss, and of standardize, are weighted by sample_weight;
        where one update takes all samples, a sample of weight k is to the bit one that is there k times."""
        self._check()
        anew = not (self.warm_start and self.__sklearn_is_fitted__())
        rows, targets, weights = self._read(X, y, sample_weight, anew, anew)
        seed = _seed_of(self.random_state) if anew else self._learnt.seed
        rows, targets, weights, *held_out = self._split(rows, targets, weights, seed)
        rows, targets, weights = self._merged(rows, targets, weights)
        learnt = self._begin(rows, targets, weights, seed) if anew else self._learnt
        if anew:
            self._forget()
        task = self._task(rows, targets)
        learnt = self._with_loss(learnt, task)
        epochs = self.max_iter or _recipe.epochs_for(task)
        optimizer = _recipe.optimizer_for(task, epochs) if self.optimizer == "auto" else str(self.optimizer)
        trainer = self._trainer(learnt, optimizer, rows, targets, weights, epochs=epochs, seed=seed + self.n_iter_,
                                order="shuffle" if self.shuffle else "file")
        self._learnt = self._run(trainer, epochs, task.updates_per_epoch, learnt,
                                 (*self._scaled(learnt, *held_out[:2]), held_out[2]) if held_out else None)
        return self

    def _partial_fit(self, X, y, sample_weight, first: bool, targets_anew: bool) -> Estimator:
        if self.early_stopping:
            raise UsageError("early_stopping: partial_fit holds nothing back; got True; want False")
        rows, targets, weights = self._read(X, y, sample_weight, first, targets_anew)
        task = self._task(rows, targets)
        learnt = self._begin(rows, targets, weights, _seed_of(self.random_state)) if first else self._learnt
        learnt = self._with_loss(learnt, task)
        if first:
            self._forget()
        if self.shuffle:
            # Here, because the trainer's own order would be that of one data set from the first update on.
            order = np.random.RandomState([learnt.seed % 2**32, self.n_iter_]).permutation(len(rows))
            rows, targets, weights = rows[order], targets[order], None if weights is None else weights[order]
        optimizer = _recipe.STREAM_OPTIMIZER if self.optimizer == "auto" else str(self.optimizer)
        trainer = self._trainer(learnt, optimizer, rows, targets, weights, epochs=0, seed=learnt.seed, order="file")
        bound = trainer.optimizer
        if learnt.state:
            bound.from_bytes(learnt.state, other_chain=bound.chain != learnt.chain)
        self._count(_pass(trainer, task))
        self._learnt = _kept(learnt, trainer, learnt.batches + task.updates_per_epoch)
        return self

    def _check(self) -> None:
        for name, (fits, wanted) in _WANTED.items():
            value = getattr(self, name)
            if not fits(value):
                raise UsageError(f"{name}: out of range; got {value!r}; want {wanted}")

    def _read(self, X, y, sample_weight, anew: bool, targets_anew: bool):
        """Rows, targets and weights of the samples; None: 1 each."""
        if y is None:
            raise ValueError(f"This {type(self).__name__} estimator requires y to be passed, but the target y is None.")
        rows = self._rows(X, anew)
        targets = self._targets(y, targets_anew)
        check_consistent_length(rows, targets)
        weights = self._class_weights(targets)
        if sample_weight is not None:
            own = _check_sample_weight(sample_weight, rows, dtype=np.float64, ensure_non_negative=True)
            weights = own if weights is None else own * weights
        if weights is None:
            return rows, targets, None
        if not (weights > 0).any():
            raise UsageError("sample_weight: no sample counts; got only zeros; want a number above 0")
        return rows, targets, weights

    def _class_weights(self, targets):
        """The weight of each sample by its class; None: 1 each."""
        return None

    def _merged(self, rows, targets, weights):
        """Where an update takes all samples, those that are alike as one of their weights' sum, in an order of their
        own: the same samples are then the same training however they are told. Else as they are."""
        few = len(rows) <= (self.batch_size or len(rows))
        if not few or _MIXES_SAMPLES.search(str(self.model)):
            return rows, targets, weights
        if weights is not None:
            counts = weights > 0
            rows, targets, weights = rows[counts], targets[counts], weights[counts]
        told = np.column_stack([rows, targets]).astype(np.float64)
        _, first, which = np.unique(told, axis=0, return_index=True, return_inverse=True)
        if weights is None and len(first) == len(rows):
            return rows, targets, None
        return rows[first], targets[first], np.bincount(which.reshape(-1), weights).astype(np.float64)

    def _rows(self, X, anew: bool):
        """Numbers, one row a sample; the names of the columns remembered or compared."""
        matrix = check_array(to_matrix(X, "X"), dtype="numeric", estimator=self, input_name="X")
        validate_data(self, X, reset=anew, skip_check_array=True, ensure_2d=False)
        _check_n_features(self, matrix, reset=anew)
        return matrix

    def _split(self, rows, targets, weights, seed: int):
        """What is trained on, and with early stopping what is held out."""
        if not self.early_stopping:
            return rows, targets, weights
        parts = [rows, targets] if weights is None else [rows, targets, weights]
        split = train_test_split(*parts, test_size=self.validation_fraction, random_state=seed % 2**32,
                                 stratify=targets if self._classes() else None)
        return *split[::2], *[None] * (3 - len(parts)), *split[1::2], *[None] * (3 - len(parts))

    def _task(self, rows, targets) -> _recipe.Task:
        outputs = self._classes() or targets.shape[1]
        return _recipe.Task(self._classes() > 0, outputs, len(rows), self.batch_size or len(rows))

    def _begin(self, rows, targets, weights, seed: int) -> Learnt:
        task = self._task(rows, targets)
        text = _recipe.model_for(task) if self.model == "auto" else str(self.model)
        network = Network.initial(text, rows.shape[1:], seed)
        scaling = Scaling.of if self.standardize else lambda matrix, _: Scaling.none(matrix.shape[1])
        return Learnt(seed, network, scaling(rows, weights), None if task.classes else scaling(targets, weights))

    def _with_loss(self, learnt: Learnt, task: _recipe.Task) -> Learnt:
        loss = _recipe.loss_for(task, learnt.network.outputs) if self.loss == "auto" else str(self.loss).strip()
        return learnt._replace(loss=loss)

    def _forget(self) -> None:
        """All of an earlier training: where this one fails, it is not fitted."""
        for name in ("_learnt", "validation_scores_", "validation_loss_curve_", "best_iter_", "best_loss_"):
            if hasattr(self, name):
                delattr(self, name)
        self.n_iter_ = 0
        self.loss_curve_ = []

    def _scaled(self, learnt: Learnt, rows, targets=None):
        """As the network meets them."""
        inputs = learnt.inputs.to_scaled(rows, np.float32)
        if not np.isfinite(inputs).all():
            row, column = np.argwhere(~np.isfinite(inputs))[0]
            raise UsageError("X: a number is too large for the network, which works in float32; got "
                             f"{rows[row, column]} in row {row}, column {column}; want numbers such as it was trained on")
        if targets is None or learnt.targets is None:
            return inputs, targets
        return inputs, learnt.targets.to_scaled(targets, np.float64)

    def _trainer(self, learnt: Learnt, optimizer: str, rows, targets, weights, **options) -> Trainer:
        inputs, values = self._scaled(learnt, rows, targets)
        return Trainer(learnt.network.to_model(), learnt.loss, optimizer, inputs, values, weights=weights,
                       classes=self._classes(),
                       batch=self.batch_size or 0, threads=self.n_threads or 0, **options)

    def _run(self, trainer: Trainer, epochs: int, batches: int, learnt: Learnt, held_out) -> Learnt:
        """The epochs; with early stopping what the best one left."""
        kept, waited = learnt, 0
        best = improved = np.inf
        if held_out:
            self.validation_scores_ = getattr(self, "validation_scores_", [])
            self.validation_loss_curve_ = getattr(self, "validation_loss_curve_", [])
        for epoch in range(1, epochs + 1):
            self._count(trainer.epoch(), None if held_out is None else trainer._counted(*held_out))
            if held_out is None:
                continue
            loss = self.validation_loss_curve_[-1]
            waited += 1
            if loss < improved - self.tol:
                improved, waited = loss, 0
            if loss < best:
                best = self.best_loss_ = loss
                self.best_iter_ = self.n_iter_
                kept = _kept(learnt, trainer, epoch * batches)
            if waited >= self.n_iter_no_change:
                break
        return kept if held_out else _kept(learnt, trainer, epochs * batches)

    def _count(self, loss: float, held_out: tuple[float, float] | None = None) -> None:
        self.n_iter_ += 1
        self.loss_curve_.append(loss)
        told = f"epoch {self.n_iter_}: loss {loss:.6g}"
        if held_out is not None:
            held_out_loss, score = held_out
            self.validation_loss_curve_.append(held_out_loss)
            self.validation_scores_.append(score)
            told += f", held out {held_out_loss:.6g}, score {score:.4f}"
        if self.verbose:
            print(told)

    # Predicting

    def _scores(self, X):
        check_is_fitted(self)
        inputs, _ = self._scaled(self._learnt, self._rows(X, anew=False))
        return self._learnt.network.scores(inputs, self.n_threads or 0)


def _kept(learnt: Learnt, trainer: Trainer, batches: int) -> Learnt:
    bound = trainer.optimizer
    return learnt._replace(network=Network.trained_by(trainer), chain=bound.chain, state=bound.to_bytes(),
                           batches=batches)


def _pass(trainer: Trainer, task: _recipe.Task) -> float:
    """An update for each batch, and their mean loss. The trainer names its batches by the clock of the
    data, which has counted those of other data sets: it begins in the middle, and ends there."""
    total = mass = 0.0
    for _ in range(task.updates_per_epoch):
        report, loss = trainer.step()
        total += loss * report.mass
        mass += report.mass
    return total / mass if mass else np.nan
