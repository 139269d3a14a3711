"""Estimators of scikit-learn: thalweg.sklearn.Classifier and Regressor.

    from thalweg.sklearn import Classifier
    clf = Classifier("dense(64) | relu | dense(3)", optimizer="adamw(lr=cosine(5e-3, warmup=5%))", random_state=0)
    clf.fit(X_train, y_train).score(X_test, y_test)

They stand in pipelines, searches and ensembles as any estimator does, and take arrays and data frames of numbers
(pandas, polars, Arrow, whatever speaks __arrow_c_stream__ or __dataframe__).
"""

from __future__ import annotations

from ._estimator import Estimator  # first: it says which package is missing

import re

import numpy as np
from sklearn.base import ClassifierMixin, RegressorMixin
from sklearn.utils import check_array, column_or_1d, compute_class_weight
from sklearn.utils.metaestimators import available_if
from sklearn.utils.multiclass import check_classification_targets

from ._frames import to_matrix
from ._library import UsageError

__all__ = ["Classifier", "Regressor"]


def _log_shares(scores):
    """The logarithm of softmax, also where a share is 0 in double."""
    shifted = scores - scores.max(axis=1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))


_PARAMETERS = """
    model        a network, "dense(128) | relu | dense(10)"; auto: dense(128) | relu | dense(outputs)
    optimizer    a chain, "adamw(lr=cosine(1e-3, warmup=5%))"; auto: adamw under a cosine decay from 5e-3, with
                 decay 0.01, of fewer than 1,000 samples of classes 1. `thalweg train` begins with the same and tries
                 others on folds; here nothing is tried: GridSearchCV over `optimizer` does. In partial_fit
                 adamw(lr=1e-3)
    loss         a loss with its terms, "{loss} | l2(1e-4)"; auto: {auto_loss}
    max_iter     epochs; None: 30 or more, by the number of samples, as `thalweg train` begins with
    batch_size   samples of an update; None: all
    standardize  inputs{and_targets} to mean 0 and deviation 1, worked out in double from what is trained on; in
                 partial_fit from the first call's samples
    shuffle      the samples, anew in every epoch; else in the order that they have
    early_stopping, validation_fraction, n_iter_no_change, tol
                 holds a share of the samples back, stops where their loss has not fallen by more than tol in that
                 many epochs, and keeps weights and optimizer of the best one
    warm_start   fit() goes on from the weights that are there; its optimizer begins anew
    random_state an integer, a RandomState or None; the same integer gives the same bits, for any n_threads
    n_threads    None: all that the process may use
    verbose      prints a line an epoch

    Learnt: n_features_in_, feature_names_in_ of data frames, n_iter_ (epochs), loss_curve_ (mean loss of each), with
    early_stopping validation_scores_, validation_loss_curve_, best_iter_ and best_loss_.

    partial_fit() makes one pass over what it is given. It keeps the optimizer's state, also after fit() and from a
    pickle; as nobody knows its end, a schedule has to name its length in updates: cosine(1e-3, total=10000)."""


def _documented(loss: str, auto_loss: str, and_targets: str):
    def add(cls):
        cls.__doc__ = (cls.__doc__ or "") + _PARAMETERS.format(loss=loss, auto_loss=auto_loss, and_targets=and_targets)
        return cls

    return add


def _name_of(loss: str) -> str:
    return str(loss).split("|")[0].split("(")[0].strip()


def _of_probabilities(loss: str) -> bool:
    """bce whose predictions are probabilities."""
    return _name_of(loss) == "bce" and re.search(r"(\(|\bprobabilities\s*=)\s*true\b", str(loss)) is not None


def _gives_probabilities(estimator) -> bool:
    """Of the losses, those whose scores are logits, or logarithms of probabilities."""
    name = _name_of(estimator.loss)
    if name in ("auto", "cross_entropy", "nll", "kl_div", "bce", "focal") and not _of_probabilities(estimator.loss):
        return True
    raise AttributeError(f"predict_proba: the scores of this loss are not probabilities; got {name}; want "
                         "cross_entropy, nll, kl_div, bce or focal")


@_documented("cross_entropy", "cross_entropy, or bce where the network has one output", "")
class Classifier(ClassifierMixin, Estimator):
    """A network that tells classes apart, of any labels that scikit-learn takes.

        clf = Classifier(random_state=0).fit(X, y)
        clf.predict(X), clf.predict_proba(X), clf.classes_

    class_weight: a dict {class: weight}, or balanced: n / (classes * samples of the class); it multiplies sample_weight.
    """

    def __init__(self, model: str = "auto", *, optimizer: str = "auto", loss: str = "auto", max_iter: int | None = None,
                 batch_size: int | None = 64, standardize: bool = True, shuffle: bool = True, class_weight=None,
                 early_stopping: bool = False, validation_fraction: float = 0.1, n_iter_no_change: int = 10,
                 tol: float = 1e-4, warm_start: bool = False, random_state=None, n_threads: int | None = None,
                 verbose: bool = False):
        super().__init__(model, optimizer=optimizer, loss=loss, max_iter=max_iter, batch_size=batch_size,
                         standardize=standardize, shuffle=shuffle, early_stopping=early_stopping,
                         validation_fraction=validation_fraction, n_iter_no_change=n_iter_no_change, tol=tol,
                         warm_start=warm_start, random_state=random_state, n_threads=n_threads, verbose=verbose)
        self.class_weight = class_weight

    def partial_fit(self, X, y, classes=None, sample_weight=None) -> Classifier:
        """One pass over these samples. The first call has to name all classes. class_weight is a dict here."""
        self._check()
        if isinstance(self.class_weight, str):
            raise UsageError(f"class_weight: partial_fit does not know all samples; got {self.class_weight}; want a dict, "
                             "such as sklearn.utils.compute_class_weight makes of them")
        first = not self.__sklearn_is_fitted__()
        if first and classes is None:
            raise UsageError("classes: the first call of partial_fit has to name them; got None; want every label that "
                             "will ever come")
        if classes is not None:
            named = np.unique(classes)
            if first:
                self._take_classes(named)
            elif not np.array_equal(named, self.classes_):
                raise UsageError(f"classes: not those of the first call; got {named}; want {self.classes_}")
        return self._partial_fit(X, y, sample_weight, first, targets_anew=False)

    def _class_weights(self, targets):
        if self.class_weight is None:
            return None
        known = np.arange(len(self.classes_)) if self.class_weight != "balanced" else np.unique(targets)
        weights = np.zeros(len(self.classes_))
        weights[known] = compute_class_weight(self.class_weight, classes=self.classes_[known], y=self.classes_[targets])
        if not (np.isfinite(weights).all() and (weights >= 0).all()):
            raise UsageError(f"class_weight: out of range; got {self.class_weight}; want numbers of at least 0")
        return weights[targets]

    def _take_classes(self, classes) -> None:
        if len(classes) < 2:
            raise UsageError("y: there is nothing to tell apart; got one class; want two classes or more")
        self.classes_ = classes

    def _classes(self) -> int:
        return len(self.classes_)

    def _targets(self, y, anew: bool):
        """Codes of the labels."""
        y = column_or_1d(y, warn=True)
        y = check_array(y, ensure_2d=False, dtype=None, estimator=self, input_name="y")
        check_classification_targets(y)
        if anew:
            self._take_classes(np.unique(y))
        codes = np.searchsorted(self.classes_, y)
        known = self.classes_[np.minimum(codes, len(self.classes_) - 1)] == y
        if not known.all():
            raise UsageError(f"y: a label that is not among the classes; got {y[~known][0]}; want one of "
                             f"{self.classes_}")
        return codes.astype(np.int32)

    def decision_function(self, X) -> np.ndarray:
        """Scores, rows x classes_; of two classes one number a row, above 0 for classes_[1]."""
        scores = self._scores(X)
        if scores.shape[1] == 1:
            return scores[:, 0] - np.float32(0.5 if _of_probabilities(self._learnt.loss) else 0)
        return scores[:, 1] - scores[:, 0] if scores.shape[1] == 2 else scores

    def predict(self, X) -> np.ndarray:
        """The likeliest class of each row."""
        scores = self.decision_function(X)
        return self.classes_[(scores > 0).astype(int) if scores.ndim == 1 else scores.argmax(axis=1)]

    @available_if(_gives_probabilities)
    def predict_proba(self, X) -> np.ndarray:
        """The probability of each of classes_, in double: softmax of the scores; by bce and focal the logistic function of each,
        which of several outputs are scaled to a sum of 1."""
        return np.exp(self.predict_log_proba(X))

    @available_if(_gives_probabilities)
    def predict_log_proba(self, X) -> np.ndarray:
        """The logarithm of predict_proba()."""
        scores = self._scores(X).astype(np.float64)
        if scores.shape[1] == 1:  # softmax over 0 and the score is its logistic function
            scores = np.column_stack([np.zeros(len(scores)), scores[:, 0]])
        elif _name_of(self._learnt.loss) in ("bce", "focal"):
            scores = -np.logaddexp(0, -scores)
        return _log_shares(scores)


@_documented("huber", "mse", " and targets")
class Regressor(RegressorMixin, Estimator):
    """A network that predicts values, one a sample or several (y of two dimensions).

        reg = Regressor(random_state=0, early_stopping=True).fit(X, y)
        reg.predict(X), reg.score(X, y)

    The loss is that of standardised targets.
    """

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags

    def partial_fit(self, X, y, sample_weight=None) -> Regressor:
        """One pass over these samples."""
        self._check()
        first = not self.__sklearn_is_fitted__()
        return self._partial_fit(X, y, sample_weight, first, targets_anew=first)

    def _classes(self) -> int:
        return 0

    def _targets(self, y, anew: bool):
        y = check_array(to_matrix(y, "y"), ensure_2d=False, dtype=np.float64, estimator=self, input_name="y")
        shape = y.shape[1:]
        if anew:
            self._target_shape = shape
        elif shape != self._target_shape:
            raise UsageError(f"y: not as before; got rows of shape {shape}; want {self._target_shape}")
        return y.reshape(len(y), -1)

    def predict(self, X) -> np.ndarray:
        """A value for each row, or a row of them, in double."""
        scores = self._scores(X)
        return self._learnt.targets.to_units(scores).reshape(len(scores), *self._target_shape)
