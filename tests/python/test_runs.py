"""Folds and studies from Python: several runs, and what they say together. No package is needed."""

import tempfile
import unittest
from pathlib import Path

import thalweg


class Runs(unittest.TestCase):
    def test_folds_are_trained_stopped_and_resumed(self):
        with tempfile.TemporaryDirectory() as folder:
            settings = {"epochs": 1, "model": "dense(10)", "optimizer": "sgd(lr=0.1)", "folds": 3}
            cut = Path(folder) / "cut"
            self.assertIsNone(thalweg.train_folds(cut, progress=lambda report, loss, total: report.update == 5, **settings))
            result = thalweg.resume(cut)
            self.assertEqual(result["metrics"], thalweg.train_folds(Path(folder) / "whole", **settings)["metrics"])
            accuracy = result["metrics"]["accuracy"]
            self.assertAlmostEqual(accuracy["mean"], sum(accuracy["folds"]) / 3)
            self.assertEqual(accuracy["folds"][1], thalweg.evaluate(cut / "fold-2")["accuracy"])
            with self.assertRaisesRegex(thalweg.UsageError, "every fold is held out in turn"):
                thalweg.train_folds(Path(folder) / "none", held_out=0.2)

    def test_optimizers_are_studied(self):
        with tempfile.TemporaryDirectory() as folder:
            found = thalweg.study(["sgd(lr=0.1)", "adam(lr=1e-6)"], ["digits", "digits | shift(1)"], Path(folder) / "s", seeds=1,
                                  rates=1, epochs=1, model="dense(10)")
            self.assertEqual([one["mean_rank"] for one in found["optimizers"]], [1, 2])
            self.assertIn("Iman and Davenport's: F", str(found))
            self.assertIn('href="data-2/report.html"', found.html())
            self.assertTrue((Path(folder) / "s" / "data-2" / "report.html").exists())
            folds = thalweg.study(["sgd(lr=0.1)", "adam(lr=1e-6)"], directory=Path(folder) / "f", folds=2, seeds=1, rates=1, epochs=1,
                                  model="dense(10)")
            self.assertEqual(folds["blocks"], ["fold 1", "fold 2"])


if __name__ == "__main__":
    unittest.main()
