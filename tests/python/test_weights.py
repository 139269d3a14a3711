"""Weights of samples and of classes, in the estimators for scikit-learn and in thalweg.Trainer."""

import sys
import unittest
from pathlib import Path

try:
    import thalweg
except ImportError:  # in a checkout
    sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "python"))
    import thalweg

try:
    import numpy as np
    import sklearn
except ImportError:
    raise unittest.SkipTest("scikit-learn is not installed")

from sklearn.base import clone
from sklearn.utils import compute_class_weight

from thalweg.sklearn import Classifier, Regressor


def made(rows=500, seed=0):
    """Points of the plane and beyond, and which of three classes two of their coordinates make."""
    X = np.random.RandomState(seed).normal(size=(rows, 7))
    return X, (X[:, 0] > 0).astype(int) + (X[:, 1] > 0)


class Weights(unittest.TestCase):
    def test_a_weight_is_a_number_of_copies_to_the_bit(self):
        X, y = made(40)
        weights = np.random.RandomState(3).randint(0, 4, size=40)
        mixed = np.random.RandomState(4).permutation(40)
        for estimator in (Classifier("dense(8) | tanh | dense(3)", batch_size=None, max_iter=20, random_state=0),
                          Regressor(batch_size=None, max_iter=20, random_state=0)):
            weighted = clone(estimator).fit(X[mixed], y[mixed], sample_weight=weights[mixed])
            copied = clone(estimator).fit(X.repeat(weights, axis=0), y.repeat(weights))
            np.testing.assert_array_equal(weighted.predict(X), copied.predict(X))
            self.assertEqual(weighted.loss_curve_, copied.loss_curve_)
            self.assertNotEqual(clone(estimator).fit(X, y).loss_curve_, copied.loss_curve_)

    def test_in_batches_they_count_as_copies_do(self):
        X, y = made(300)
        rare = y == 2
        weights = np.where(rare, 8.0, 0.25)
        plain, heavy = Classifier(max_iter=3, random_state=0), Classifier(max_iter=3, random_state=0)
        recall = plain.fit(X, y).score(X[rare], y[rare])
        self.assertGreater(heavy.fit(X, y, sample_weight=weights).score(X[rare], y[rare]), recall)
        self.assertAlmostEqual(heavy.score(X, y, sample_weight=weights),
                               np.average(heavy.predict(X) == y, weights=weights))

    def test_classes_multiply_samples(self):
        X, y = made(200)
        own = np.random.RandomState(1).uniform(0.5, 2, size=200)
        of_class = compute_class_weight("balanced", classes=np.arange(3), y=y)
        options = dict(max_iter=2, random_state=0)
        for class_weight in ("balanced", dict(enumerate(of_class))):
            by_class = Classifier(class_weight=class_weight, **options).fit(X, y, sample_weight=own)
            by_sample = Classifier(**options).fit(X, y, sample_weight=own * of_class[y])
            np.testing.assert_array_equal(by_class.predict_proba(X), by_sample.predict_proba(X))
        self.assertEqual(clone(by_class).class_weight, by_class.class_weight)

    def test_of_a_pass_and_of_what_is_held_out(self):
        X, y = made(265)
        weights = np.random.RandomState(2).randint(0, 3, size=265).astype(float)
        clf = Classifier(optimizer="sgd(lr=0)", batch_size=16, random_state=0)
        clf.partial_fit(X, y, classes=[0, 1, 2], sample_weight=weights)
        losses = -clf.predict_log_proba(X)[np.arange(265), y]
        self.assertAlmostEqual(clf.loss_curve_[-1], np.average(losses, weights=weights), delta=1e-6)
        stopped = Classifier(early_stopping=True, max_iter=2, random_state=0).fit(X, y, sample_weight=weights)
        self.assertEqual(len(stopped.validation_scores_), 2)

    def test_scalings_are_weighted(self):
        X, y = made(60)
        weights = np.arange(60) % 3
        reg = Regressor(max_iter=1).fit(X, 3 * y, sample_weight=weights)
        mean = np.average(X, axis=0, weights=weights)
        np.testing.assert_allclose(reg._learnt.inputs.mean, mean, rtol=1e-12)
        np.testing.assert_allclose(reg._learnt.inputs.scale, np.sqrt(np.average((X - mean) ** 2, axis=0, weights=weights)),
                                   rtol=1e-12)

    def test_a_trainer_takes_them(self):
        X, y = made(50)
        weights = np.random.RandomState(5).uniform(size=50)
        model = thalweg.Model("dense(3)", inputs=7)
        trainer = thalweg.Trainer(model, "cross_entropy(ignore=1)", "sgd(lr=0)", X, y, classes=3, weights=weights, batch=0)
        report, loss = trainer.step()
        counts = np.where(y == 1, 0, weights)
        scores = model.predict(X).astype(float)
        losses = np.log(np.exp(scores).sum(axis=1)) - scores[np.arange(50), y]
        self.assertAlmostEqual(report.mass, counts.sum())
        self.assertAlmostEqual(loss, np.average(losses, weights=counts), delta=1e-6)
        self.assertAlmostEqual(trainer.evaluate(X, y, weights)["accuracy"],
                               np.average(scores.argmax(axis=1) == y, weights=counts))
        with self.assertRaisesRegex(thalweg.UsageError, "weights: not one a row"):
            trainer.evaluate(X, y, weights[1:])


if __name__ == "__main__":
    unittest.main()
