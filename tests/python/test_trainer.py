"""thalweg.Trainer: what batch_norm keeps under averaged weights, and saving while it trains."""

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
    import numpy
except ImportError:
    raise unittest.SkipTest("NumPy is not installed")


class Averages(unittest.TestCase):
    def test_averages_come_with_their_statistics(self):
        """The mean of what batches have under the averaged weights, as numpy finds it."""
        x = numpy.random.default_rng(1).normal(size=(130, 3)).astype(numpy.float32)
        y = x @ [1, -2, 0.5]
        model = thalweg.Model("dense(4) | batch_norm | dense(1)", inputs=3)
        trainer = thalweg.Trainer(model, "mse", "adam | lr(0.05) | average(decay=0.9)", x, y, batch=50, order="file")
        for _ in range(5):
            trainer.epoch()
        raw = {name: numpy.array(array) for name, array in model.parameters().items()}
        with trainer.optimizer.averaged():
            lent = {name: numpy.array(array) for name, array in model.parameters().items()}
            predicted = model.predict(x)[:, 0]
        hidden = x.astype(float) @ lent["dense1.weight"] + lent["dense1.bias"]
        batches = [hidden[begin:begin + 50] for begin in range(0, 130, 50)]
        for name, want in (("mean", numpy.mean([b.mean(0) for b in batches], 0)),
                           ("variance", numpy.mean([b.var(0, ddof=1) for b in batches], 0))):
            numpy.testing.assert_allclose(lent["batch_norm1.running_" + name], want, rtol=1e-4, atol=1e-6)
            self.assertFalse((lent["batch_norm1.running_" + name] == raw["batch_norm1.running_" + name]).any())
        self.assertAlmostEqual(trainer.evaluate(x, y)["loss"], float(numpy.mean((predicted - y) ** 2)), places=5)
        for name, array in model.parameters().items():
            numpy.testing.assert_array_equal(array, raw[name])


class Memory(unittest.TestCase):
    def weights(self, **bounds):
        x = numpy.random.default_rng(1).normal(size=(96, 3)).astype(numpy.float32)
        model = thalweg.Model("dense(40) | tanh | dense(40) | tanh | dense(1)", inputs=3)
        trainer = thalweg.Trainer(model, "mse", "adam | lr(0.01)", x, x[:, 0], batch=48, **bounds)
        trainer.epoch()
        return numpy.concatenate([numpy.array(array).ravel() for array in model.parameters().values()])

    def test_bounds_on_memory_change_no_result(self):
        want = self.weights()
        numpy.testing.assert_array_equal(self.weights(checkpoint=3), want)
        numpy.testing.assert_array_equal(self.weights(fuse=True), want)
        numpy.testing.assert_allclose(self.weights(chunk=16), want, atol=1e-5)

    def test_the_type_of_products_is_checked(self):
        with self.assertRaisesRegex(thalweg.UsageError, "f32 or bf16"):
            self.weights(compute="f16")


class Saving(unittest.TestCase):
    def test_what_is_written_from_behind_is_what_was_there(self):
        x = numpy.random.default_rng(1).normal(size=(130, 3)).astype(numpy.float32)
        trainer = thalweg.Trainer(thalweg.Model("dense(50) | batch_norm | dense(1)", inputs=3), "mse",
                                  "adam | lr(0.05) | average", x, x[:, 0])
        with tempfile.TemporaryDirectory() as folder:
            want = []
            for epoch in range(3):
                trainer.epoch()
                want.append(trainer.optimizer.to_bytes())
                trainer.optimizer.save(Path(folder) / str(epoch), wait=False)
            trainer.optimizer.wait_saved()
            self.assertEqual([(Path(folder) / str(epoch)).read_bytes() for epoch in range(3)], want)
            trainer.optimizer.save(folder, wait=False)
            with self.assertRaisesRegex(thalweg.ResourceError, "cannot be written"):
                trainer.optimizer.wait_saved()


if __name__ == "__main__":
    unittest.main()
