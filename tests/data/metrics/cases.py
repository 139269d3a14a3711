#!/usr/bin/env python3
"""Writes cases.json: predictions, and what scikit-learn says of them. What it does not define is null.

Usage: tests/data/metrics/cases.py > tests/data/metrics/cases.json
"""

import json
import sys
import warnings

import numpy as np
import sklearn
from sklearn import dummy, metrics

warnings.simplefilter("ignore")
random = np.random.default_rng(7)


def finite(number):
    return float(number) if np.isfinite(number) else None


def mean(numbers):
    """Over those that are defined."""
    defined = [n for n in numbers if n is not None]
    return float(np.mean(defined)) if defined else None


def probabilities(loss, outputs, classes):
    """What the predictions are ranked by, class by class, and whether they are probabilities."""
    if outputs.shape[1] == 1 and classes == 2:
        x = outputs[:, 0]
        p = x.astype(float) if "true" in loss else 1 / (1 + np.exp(-x.astype(float)))
        return np.stack([1 - p, p], axis=1), True
    scores = outputs.astype(float)
    if loss != "cross_entropy":
        return scores, False
    p = np.exp(scores - scores.max(axis=1, keepdims=True))
    return p / p.sum(axis=1, keepdims=True), classes > 1


def predicted(loss, outputs, classes):
    if outputs.shape[1] > 1:
        return outputs.argmax(axis=1)
    if classes == 1:
        return np.zeros(len(outputs), int)
    return (outputs[:, 0] > (0.5 if "true" in loss else 0)).astype(int)


def class_case(name, outputs, labels, classes, weights=None, loss="cross_entropy"):
    outputs = np.asarray(outputs, np.float32)
    labels = np.asarray(labels)
    guess = predicted(loss, outputs, classes)
    scores, are_probabilities = probabilities(loss, outputs, classes)
    every = list(range(classes))
    by = {"sample_weight": weights}
    want = {"accuracy": metrics.accuracy_score(labels, guess, **by),
            "balanced_accuracy": finite(metrics.balanced_accuracy_score(labels, guess, **by)),
            "baseline": dummy.DummyClassifier(strategy="most_frequent").fit(labels, labels, **by)
            .score(labels, labels, **by),
            "log_loss": metrics.log_loss(labels, scores, labels=every, **by) if are_probabilities else None,
            "confusion": metrics.confusion_matrix(labels, guess, labels=every, **by).tolist()}
    for metric in (metrics.precision_score, metrics.recall_score, metrics.f1_score):
        how = {"labels": every, "zero_division": np.nan, **by}
        want[metric.__name__.removesuffix("_score")] = [
            *map(finite, metric(labels, guess, average=None, **how)), finite(metric(labels, guess, average="macro", **how))]
    occur = [np.any((labels == c) & (weights is None or weights > 0)) for c in every]
    others = [np.any((labels != c) & (weights is None or weights > 0)) for c in every]
    auc = [finite(metrics.roc_auc_score(labels == c, scores[:, c], **by)) if occur[c] and others[c] else None
           for c in every]
    precision = [finite(metrics.average_precision_score(labels == c, scores[:, c], **by)) if occur[c] else None
                 for c in every]
    want["auc"] = [*auc, mean(auc)]
    want["average_precision"] = [*precision, mean(precision)]
    if all(occur) and classes > 2 and are_probabilities:
        whole = metrics.roc_auc_score(labels, scores, multi_class="ovr", average="macro", labels=every, **by)
        assert abs(whole - want["auc"][-1]) < 1e-12
    return {"name": name, "loss": loss, "classes": classes, "columns": outputs.shape[1],
            "outputs": [float(str(x)) for x in outputs.ravel()], "labels": labels.tolist(),
            "weights": [] if weights is None else weights.tolist(), "want": want}


def value_case(name, outputs, targets, weights=None):
    outputs = np.asarray(outputs, np.float32)
    targets = np.asarray(targets, float)
    by = {"sample_weight": weights}
    varying = [c for c in range(targets.shape[1]) if np.ptp(targets[:, c]) > 0]
    fit = dummy.DummyRegressor().fit(targets, targets, **by).predict(targets).reshape(targets.shape)
    each = [metrics.r2_score(targets[:, c], outputs[:, c], **by) for c in varying]
    return {"name": name, "columns": targets.shape[1], "outputs": [float(str(x)) for x in outputs.ravel()],
            "targets": targets.ravel().tolist(), "weights": [] if weights is None else weights.tolist(),
            "want": {"r2": mean(each), "mae": metrics.mean_absolute_error(targets, outputs, **by),
                     "rmse": metrics.root_mean_squared_error(targets, outputs, **by),
                     "baseline": metrics.root_mean_squared_error(targets, fit, **by)}}


def weights_of(rows):
    return np.round(random.exponential(size=rows), 2) * (random.random(rows) > 0.2)


def scores_of(rows, columns, digits, size=2.0):
    return np.round(random.normal(size=(rows, columns)) * size, digits)


def class_cases():
    for classes in (2, 3, 5):
        for digits, kind in ((3, "random"), (0, "ties")):
            for weighted in (False, True):
                rows = int(random.integers(20, 40))
                yield class_case(f"{kind} {classes} weighted={weighted}", scores_of(rows, classes, digits),
                                 random.integers(0, classes, rows), classes, weights_of(rows) if weighted else None)
    for loss, logit in (("bce", True), ("bce(probabilities=true)", False)):
        for digits in (3, 1, 0) if logit else (3, 1):
            for weighted in (False, True):
                rows = 30
                out = scores_of(rows, 1, digits) if logit else np.round(random.uniform(0.02, 0.98, (rows, 1)), digits)
                yield class_case(f"{loss} {digits} weighted={weighted}", out, random.integers(0, 2, rows), 2,
                                 weights_of(rows) if weighted else None, loss)
    for weighted in (False, True):
        by = weights_of(25) if weighted else None
        yield class_case("scores", scores_of(25, 3, 2), random.integers(0, 3, 25), 3, by, "multi_margin")
        yield class_case("bce of each class", scores_of(25, 3, 2), random.integers(0, 3, 25), 3, by, "bce")
        yield class_case("equal scores", np.zeros((25, 3)), random.integers(0, 3, 25), 3, by)
        yield class_case("missing class", scores_of(25, 4, 2), random.choice([0, 1, 3], 25), 4, by)
        yield class_case("never predicted", scores_of(25, 3, 2) - [0, 0, 50], random.integers(0, 3, 25), 3, by)
        yield class_case("missing and never predicted", scores_of(25, 3, 2) - [0, 50, 0], random.choice([0, 2], 25), 3, by)
        yield class_case("never yes", scores_of(25, 1, 2) - 20, (np.arange(25) % 24 == 5).astype(int), 2, by, "bce")
        yield class_case("one class of two", scores_of(25, 2, 2), np.ones(25, int), 2, by)
        yield class_case("all right", np.eye(3)[np.arange(25) % 3] * 9, np.arange(25) % 3, 3, by)
        yield class_case("all wrong", np.eye(3)[np.arange(25) % 3] * 90, (np.arange(25) + 1) % 3, 3, by)
        yield class_case("sure of itself", scores_of(25, 2, 0, 60), random.integers(0, 2, 25), 2, by)
    yield class_case("one class", np.ones((4, 1)), np.zeros(4, int), 1)
    yield class_case("one sample", [[0.5, -1]], [0], 2)
    yield class_case("two samples", [[0.5, -1], [0.5, -1]], [0, 1], 2)


def value_cases():
    for columns in (1, 3):
        for weighted in (False, True):
            for name, offset in (("random", 0), ("far off", 1e6)):
                targets = random.normal(size=(20, columns)).round(3) + offset
                yield value_case(f"{name} {columns} weighted={weighted}", targets + random.normal(size=(20, columns)).round(2),
                                 targets, weights_of(20) if weighted else None)
    yield value_case("perfect", [[1], [2], [4]], [[1], [2], [4]])
    yield value_case("constant", [[1], [2], [4]], [[3], [3], [3]])
    yield value_case("one constant column", [[1, 2], [2, 3], [4, 1]], [[3, 1], [3, 2], [3, 5]])
    yield value_case("one sample", [[1]], [[2]])


if __name__ == "__main__":
    json.dump({"scikit-learn": sklearn.__version__, "classes": list(class_cases()), "values": list(value_cases())},
              sys.stdout, separators=(",", ":"))
    print()
