"""What a trainer says of its predictions is what scikit-learn makes of them."""

import sys
import tempfile
import unittest
from pathlib import Path

try:
    import thalweg
except ImportError:  # in a checkout
    sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "python"))
    import thalweg

try:
    import numpy as np
    from sklearn import metrics
except ImportError:
    raise unittest.SkipTest("scikit-learn is not installed")


def made(rows=200):
    """Points of the plane, and which of three classes they are, of which the last comes seldom."""
    X = np.random.RandomState(0).normal(size=(rows, 4)).astype(np.float32)
    return X, (X[:, 0] > 0).astype(int) + (X[:, 1] > 1.2)


class Metrics(unittest.TestCase):
    def test_of_classes_with_weights(self):
        X, y = made()
        weights = np.random.RandomState(1).uniform(size=len(y))
        model = thalweg.Model("dense(3)", inputs=4)
        trainer = thalweg.Trainer(model, "cross_entropy", "adam(lr=0.02)", X, y, classes=3, weights=weights)
        trainer.epoch()
        said = trainer.evaluate(X, y, weights)
        scores = model.predict(X).astype(float)
        p = np.exp(scores - scores.max(axis=1, keepdims=True))
        p /= p.sum(axis=1, keepdims=True)
        labels = p.argmax(axis=1)
        self.assertEqual(said["samples"], 200)
        for name, want in (("accuracy", metrics.accuracy_score(y, labels, sample_weight=weights)),
                           ("balanced_accuracy", metrics.balanced_accuracy_score(y, labels, sample_weight=weights)),
                           ("log_loss", metrics.log_loss(y, p, sample_weight=weights))):
            self.assertAlmostEqual(said[name], want, delta=1e-6, msg=name)
        precision, recall, f1, _ = metrics.precision_recall_fscore_support(y, labels, sample_weight=weights,
                                                                           zero_division=np.nan)
        auc = [metrics.roc_auc_score(y == c, p[:, c], sample_weight=weights) for c in range(3)]
        average = [metrics.average_precision_score(y == c, p[:, c], sample_weight=weights) for c in range(3)]
        for name, want in (("precision", precision), ("recall", recall), ("f1", f1), ("auc", auc),
                           ("average_precision", average)):
            got = [np.nan if said[name][str(c)] is None else said[name][str(c)] for c in range(3)]
            np.testing.assert_allclose(got, want, atol=1e-6, err_msg=name)
            self.assertAlmostEqual(said[name]["macro"], np.nanmean(want), delta=1e-6)

    def test_of_values(self):
        X, _ = made()
        y = X @ [1.0, -2, 0.5, 0] + 1
        model = thalweg.Model("dense(1)", inputs=4)
        trainer = thalweg.Trainer(model, "mse", "adam(lr=0.02)", X, y)
        trainer.epoch()
        said, predicted = trainer.evaluate(X, y), model.predict(X)[:, 0].astype(float)
        for name, want in (("r2", metrics.r2_score(y, predicted)), ("mae", metrics.mean_absolute_error(y, predicted)),
                           ("rmse", np.sqrt(metrics.mean_squared_error(y, predicted))), ("baseline", y.std())):
            self.assertAlmostEqual(said[name], want, delta=1e-6, msg=name)
        self.assertIsNone(said["accuracy"])
        constant = trainer.evaluate(X, np.ones(len(X)))
        self.assertIsNone(constant["r2"])
        self.assertEqual(constant["r2_undefined"], "the targets do not vary")

    def test_a_run_has_the_same_names_and_carries_ids(self):
        with tempfile.TemporaryDirectory() as folder:
            X, y = made(60)
            rows = "".join(f"k{i},{a},{b},{label}\n" for i, ((a, b, *_), label) in enumerate(zip(X.tolist(), y)))
            (Path(folder) / "t.csv").write_text("key,a,b,kind\n" + rows)
            run = Path(folder) / "run"
            result = thalweg.train(run, data=f'csv("{folder}/t.csv", id=key, task=classify)', model="dense(3)",
                                   optimizer="adam(lr=0.02)", epochs=1, name="a run")
            self.assertEqual(result["name"], "a run")
            for name in ("balanced_accuracy", "precision", "recall", "f1", "auc", "average_precision", "log_loss", "baseline"):
                self.assertIn(name, result["test"])
                self.assertIn(name, thalweg.evaluate(run))
            predicted = thalweg.predict(run)
            self.assertEqual(predicted["id"], "key")
            self.assertEqual(predicted["ids"], [f"k{i}" for i in range(60)])


if __name__ == "__main__":
    unittest.main()
