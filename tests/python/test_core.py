"""The core from Python: optimizers over anybody's arrays. What needs NumPy, torch or JAX skips itself without it."""

import array
import copy
import importlib.util
import math
import os
import pickle
import subprocess
import sys
import tempfile
import threading
import unittest
from pathlib import Path

import thalweg


def has(name: str) -> bool:
    return importlib.util.find_spec(name) is not None


def numbers(*values: float) -> array.array:
    return array.array("d", values)


class Steps(unittest.TestCase):
    def test_a_step_moves_the_array_in_place(self):
        w = numbers(1, 2, 3)
        optimizer = thalweg.Optimizer({"w": w}, "lr(0.5)")
        report = optimizer.step({"w": numbers(1, 2, 4)})
        self.assertEqual(list(w), [0.5, 1, 1])
        self.assertEqual((report.update, report.lr), (1, 0.5))
        self.assertTrue(math.isnan(report.grad_norm))
        self.assertFalse(report.skipped)

    def test_adam_is_its_formula(self):
        w, m, v = 1.0, 0.0, 0.0
        x = numbers(w)
        optimizer = thalweg.Optimizer({"x": x}, "adam(lr=0.1)")
        for t in range(1, 20):
            g = math.sin(t)
            m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g * g
            w -= 0.1 * (m / (1 - 0.9**t)) / (math.sqrt(v / (1 - 0.999**t)) + 1e-8)
            optimizer.step({"x": numbers(g)})
            self.assertAlmostEqual(x[0], w, places=12)

    def test_a_name_that_is_missing_is_absent(self):
        a, b = numbers(1), numbers(1)
        optimizer = thalweg.Optimizer({"a": a, "b": b}, "decay(0.5) | lr(1)")
        optimizer.step({"a": numbers(1)})
        self.assertEqual((a[0], b[0]), (-0.5, 1))
        optimizer.step({"a": None, "b": numbers(0)})
        self.assertEqual((a[0], b[0]), (-0.5, 0.5))
        self.assertEqual((optimizer.clock("a"), optimizer.clock("b")), (1, 1))

    def test_gradients_may_be_other_arrays_in_every_step(self):
        w = numbers(0)
        optimizer = thalweg.Optimizer({"w": w}, "lr(1)")
        for i in range(50):
            optimizer.step({"w": numbers(i)})
        self.assertEqual(w[0], -sum(range(50)))

    def test_a_step_that_is_refused_changes_nothing(self):
        w, first = numbers(0), numbers(1)
        optimizer = thalweg.Optimizer({"w": w}, "lr(1)")
        optimizer.step({"w": first})
        other = numbers(100)
        with self.assertRaises(thalweg.UsageError):
            optimizer.step({"w": other, "typo": other})
        optimizer.step({"w": other})
        self.assertEqual(w[0], -101)

    def test_an_optimizer_is_not_copied(self):
        optimizer = thalweg.Optimizer({"w": numbers(0)}, "lr(1)")
        for copied in (copy.copy, copy.deepcopy, pickle.dumps):
            with self.assertRaisesRegex(TypeError, "to_bytes"):
                copied(optimizer)

    def test_numbers_that_c_would_cut_are_refused(self):
        optimizer = thalweg.Optimizer({"w": numbers(0)}, "lr(1)")
        for call in (lambda: setattr(optimizer, "updates", -1), lambda: optimizer.set_clock("w", 2**64 - 1),
                     lambda: thalweg.Schedule("0.1").values(-1), lambda: optimizer.set_option("lr", math.nan),
                     lambda: thalweg.Optimizer({"w": numbers(0)}, "lr(1)", threads=2**32)):
            with self.assertRaises(thalweg.UsageError):
                call()

    def test_a_second_thread_in_an_optimizer_is_refused_or_waits(self):
        w = numbers(0)
        optimizer = thalweg.Optimizer({"w": w}, "clip_norm(1e9) | lr(1)", threads=2)
        steps = []

        def work():
            for _ in range(300):
                try:
                    optimizer.step({"w": gradient})
                    steps.append(1)
                except thalweg.UsageError as error:
                    self.assertIn("another thread", str(error))

        gradient = numbers(1)
        threads = [threading.Thread(target=work) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(optimizer.updates, len(steps))

    def test_a_forked_child_steps_alone(self):
        w = numbers(*range(5000))
        optimizer = thalweg.Optimizer({"w": w}, "clip_norm(1) | adam(lr=1)", threads=2)
        gradient = {"w": numbers(*range(5000))}
        optimizer.step(gradient)
        child = os.fork()
        if child == 0:
            optimizer.step(gradient)
            os._exit(0 if optimizer.updates == 2 else 1)
        self.assertEqual(os.waitpid(child, 0)[1], 0)

    def test_options_are_the_callers(self):
        w = numbers(0)
        optimizer = thalweg.Optimizer({"w": w}, "lr(1)")
        optimizer.set_option("lr", 0.25)
        self.assertEqual(optimizer.step({"w": numbers(1)}).lr, 0.25)
        optimizer.set_option("lr", None)
        self.assertEqual(optimizer.step({"w": numbers(1)}).lr, 1)

    def test_averages_are_lent(self):
        w = numbers(1)
        optimizer = thalweg.Optimizer({"w": w}, "lr(1) | average(decay=0.5)")
        optimizer.step({"w": numbers(1)})
        raw = w[0]
        with optimizer.averaged():
            self.assertNotEqual(w[0], raw)
            with self.assertRaisesRegex(thalweg.UsageError, "hold averages"):
                optimizer.step({"w": numbers(1)})
        self.assertEqual(w[0], raw)

    def test_policies_for_what_is_not_finite(self):
        w = numbers(1, 1)
        optimizer = thalweg.Optimizer({"w": w}, "lr(1)", nonfinite="error")
        with self.assertRaisesRegex(thalweg.DivergedError, "`w` at 1"):
            optimizer.step({"w": numbers(1, math.nan)})
        self.assertEqual(list(w), [1, 1])

    def test_statistics_are_measured(self):
        optimizer = thalweg.Optimizer({"w": numbers(3, 4)}, "lr(1)", grad_norm=True, statistics=["update_ratio", "norms"])
        report = optimizer.step({"w": numbers(0.3, 0.4)})
        self.assertAlmostEqual(report.grad_norm, 0.5)
        self.assertAlmostEqual(report.update_ratio, 0.1)
        self.assertAlmostEqual(optimizer.parameter_report("w")["value_norm"], 5)

    def test_eight_threads_step_eight_optimizers_like_one(self):
        def trained(seed: int) -> list[float]:
            w = numbers(*range(64))
            optimizer = thalweg.Optimizer({"w": w}, "clip_norm(1) | adamw(lr=0.01)", threads=2)
            for k in range(60):
                optimizer.step({"w": numbers(*(math.sin(seed + k + i) for i in range(64)))})
            return list(w)

        serial = [trained(i) for i in range(8)]
        parallel: dict[int, list[float]] = {}
        threads = [threading.Thread(target=lambda i=i: parallel.__setitem__(i, trained(i))) for i in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual([parallel[i] for i in range(8)], serial)


class State(unittest.TestCase):
    def optimizer(self, w, chain="adam | lr(0.1)"):
        return thalweg.Optimizer({"w": w}, chain)

    def test_state_is_there_to_be_read_and_written(self):
        w = numbers(1)
        optimizer = self.optimizer(w, "momentum(0.5) | lr(1)")
        optimizer.step({"w": numbers(1)})
        state = optimizer.state()
        self.assertEqual(list(state), ["w/momentum.b"])
        self.assertEqual(state["w/momentum.b"][0], 1)
        state["w/momentum.b"][0] = 3
        optimizer.step({"w": numbers(1)})
        self.assertEqual(w[0], 1 - 1 - 2.5)

    def test_it_goes_on_from_bytes_and_files_to_the_same_bits(self):
        w = numbers(1, 2)
        optimizer = self.optimizer(w)
        for k in range(5):
            optimizer.step({"w": numbers(math.sin(k), 1)})
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "state.safetensors"
            optimizer.save(path)
            data = optimizer.to_bytes()
            self.assertEqual(path.read_bytes(), data)
            optimizer.step({"w": numbers(3, 4)})
            want = list(w)
            for load in (lambda o: o.load(path), lambda o: o.from_bytes(data)):
                other = numbers(7, 7)
                again = self.optimizer(other)
                load(again)
                self.assertEqual(again.updates, 5)
                again.step({"w": numbers(3, 4)})
                self.assertEqual(list(other), want)

    def test_another_rule_keeps_what_means_the_same(self):
        w = numbers(1)
        adam = self.optimizer(w)
        adam.step({"w": numbers(1)})
        lion = self.optimizer(w, "lion | lr(0.1)")
        with self.assertRaises(thalweg.DataError):
            lion.from_bytes(adam.to_bytes())
        told = lion.from_bytes(adam.to_bytes(), other_chain=True)
        self.assertIn({"from": "w/adam.m", "to": "w/lion.m"},
                      [{key: value.removeprefix("optimizer/") for key, value in one.items()} for one in told["kept"]])

    def test_state_goes_to_torchs_form_and_back(self):
        w, v = numbers(1, 2), numbers(1, 2)
        one = self.optimizer(w)
        one.step({"w": numbers(1, -1)})
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "torch.safetensors"
            for by_name in (False, True):
                one.save_torch(path, by_name)
                self.assertIn(b"state.w.exp_avg" if by_name else b"state.0.exp_avg", path.read_bytes())
                other = self.optimizer(v)
                v[0], v[1] = w[0], w[1]
                other.load_torch(path)
                self.assertEqual([list(x) for x in one.state().values()], [list(x) for x in other.state().values()])
                self.assertEqual(other.clock("w"), 1)

    def test_names_may_have_changed(self):
        old = self.optimizer(numbers(1))
        old.step({"w": numbers(1)})
        v = numbers(0)
        new = thalweg.Optimizer({"v": v}, "adam | lr(0.1)")
        new.from_bytes(old.to_bytes(), remap={"w": "v"})
        self.assertAlmostEqual(v[0], 0.9, places=8)


class Arrays(unittest.TestCase):
    def test_what_cannot_be_taken_in_place_is_refused(self):
        for what, refusal in ((array.array("i", [1]), "not of a type that is optimized"), ([1.0], "not an array"),
                              (b"1234", "not an array"), (memoryview(numbers(1)).toreadonly(), "read-only")):
            with self.assertRaisesRegex(thalweg.UsageError, refusal):
                thalweg.Optimizer({"w": what}, "lr(1)")

    def test_gradients_must_fit(self):
        optimizer = thalweg.Optimizer({"w": numbers(1, 2)}, "lr(1)")
        for grads, refusal in (({"w": numbers(1)}, "another shape or type"), ({"v": numbers(1, 2)}, "called so"),
                               ({"w": array.array("f", [1, 2])}, "another shape or type")):
            with self.assertRaisesRegex(thalweg.UsageError, refusal):
                optimizer.step(grads)

    def test_an_array_cannot_be_resized_while_it_is_optimized(self):
        w = numbers(1)
        optimizer = thalweg.Optimizer({"w": w}, "lr(1)")
        with self.assertRaises(BufferError):
            w.append(2)
        del optimizer
        w.append(2)

    def test_empty_is_zero_and_aligned(self):
        for shape, dtype in ((5, "float32"), ((2, 3), "float64"), ((), "float32"), ((0, 4), "float32"),
                             ((1 << 20,), "float32")):
            with self.subTest(shape=shape):
                memory = memoryview(thalweg.empty(shape, dtype))
                self.assertEqual(memory.nbytes % memory.itemsize, 0)
                self.assertEqual(memory.tobytes().count(0), memory.nbytes)
        with self.assertRaisesRegex(thalweg.UsageError, "float32 or float64"):
            thalweg.empty(3, "int8")

    @unittest.skipUnless(has("numpy"), "without NumPy")
    def test_numpy_arrays(self):
        import numpy

        w = numpy.ones((4, 3), dtype=numpy.float32)
        optimizer = thalweg.Optimizer({"w": w}, "lr(1)")
        optimizer.step({"w": numpy.full((4, 3), 0.25, dtype=numpy.float32)})
        numpy.testing.assert_array_equal(w, numpy.full((4, 3), 0.75))
        self.assertIsInstance(thalweg.empty((2, 2)), numpy.ndarray)
        for bad, refusal in ((w[:, ::2], "do not follow"), (w.astype(">f4"), "type"), (w.astype(numpy.float16), "type"),
                             (numpy.asfortranarray(w), "do not follow")):
            with self.assertRaisesRegex(thalweg.UsageError, refusal):
                thalweg.Optimizer({"w": bad}, "lr(1)")
        both = numpy.zeros(4)
        with self.assertRaisesRegex(thalweg.UsageError, "overlaps"):
            thalweg.Optimizer({"a": both[:3], "b": both[2:]}, "lr(1)")

    @unittest.skipUnless(has("numpy"), "without NumPy")
    def test_numpy_and_array_give_the_same_bits(self):
        import numpy

        w, x = numbers(1, 2, 3), numpy.array([1.0, 2, 3])
        one, other = (thalweg.Optimizer({"w": it}, "adamw(lr=0.01)") for it in (w, x))
        for k in range(30):
            g = [math.sin(k), math.cos(k), 1]
            one.step({"w": numbers(*g)})
            other.step({"w": numpy.array(g)})
        self.assertEqual(list(w), list(x))

    @unittest.skipUnless(has("jax"), "without JAX")
    def test_jax_arrays_stay_and_new_ones_are_given(self):
        import jax.numpy

        w = jax.numpy.ones(3)
        optimizer = thalweg.Optimizer({"w": w}, "lr(1)")
        optimizer.step({"w": jax.numpy.full(3, 0.25)})
        self.assertEqual(w.tolist(), [1, 1, 1])
        self.assertEqual(optimizer.values()["w"].tolist(), [0.75] * 3)

    @unittest.skipUnless(has("torch"), "without torch")
    def test_torch_tensors_are_followed_where_they_go(self):
        import torch

        w, g = torch.ones(2), torch.ones(2)
        optimizer = thalweg.Optimizer({"w": w}, "lr(1)")
        optimizer.step({"w": g})
        g.data = torch.full((2,), 100.0)
        w.data = torch.zeros(2)
        optimizer.step({"w": g})
        self.assertEqual(w.tolist(), [-100, -100])

    @unittest.skipUnless(has("torch"), "without torch")
    def test_torch_tensors_through_dlpack(self):
        import torch

        w = torch.ones(3, requires_grad=True)
        optimizer = thalweg.Optimizer({"w": w}, "lr(1)")
        optimizer.step({"w": torch.full((3,), 0.25)})
        self.assertEqual(w.tolist(), [0.75] * 3)


class Texts(unittest.TestCase):
    def test_chains_are_values(self):
        chain = thalweg.Chain("adamw(lr=0.1)")
        self.assertEqual(str(chain), "adam | decay(0.01, on=[matrices, embedding]) | lr(0.1)")
        self.assertEqual(chain, thalweg.Chain(str(chain)))
        self.assertEqual(pickle.loads(pickle.dumps(chain)), chain)
        self.assertEqual(str(thalweg.Chain("clip_norm(1)") | "lr(0.1)"), "clip_norm(1) | lr(0.1)")
        with self.assertRaisesRegex(thalweg.UsageError, "adam"):
            thalweg.Chain("adm")

    def test_schedules_are_functions(self):
        schedule = thalweg.Schedule("linear(1, warmup=5%)", updates=100)
        self.assertEqual(schedule(5), 1)
        self.assertEqual(schedule.values(3, first=4), [0.8, 1.0, 1 - 1 / 95])
        self.assertEqual(schedule.total, 100)
        self.assertEqual(pickle.loads(pickle.dumps(schedule))(5), 1)
        with self.assertRaisesRegex(thalweg.UsageError, "`total`"):
            thalweg.Schedule("linear(1)")

    def test_the_catalogue_says_what_the_optimizers_are(self):
        names = {one["name"] for one in thalweg.catalog("transforms")["transforms"]}
        self.assertLessEqual({"adam", "lion", "lr"}, names)
        self.assertIn("decoupled", thalweg.describe("adamw") + thalweg.describe("decay"))

    def test_every_name_is_a_function_with_its_documentation(self):
        from thalweg import chains, schedules

        chain = chains.clip_norm(1) | chains.adam(beta2=0.95) | chains.lr(schedules.cosine(3e-4, total=100))
        self.assertEqual(chain, thalweg.Chain("clip_norm(1) | adam(beta2=0.95) | lr(cosine(3e-4, total=100))"))
        self.assertEqual(chains.decay(0.1, on=["matrices", "!head.*"]),
                         thalweg.Chain('decay(0.1, on=[matrices, "!head.*"])'))
        self.assertIn("arXiv:1412.6980", chains.adam.__doc__)
        self.assertEqual(schedules.linear(1, warmup="5%").on(100)(5), 1)
        self.assertLessEqual({"adam", "adamw", "lr"}, set(dir(chains)))
        with self.assertRaisesRegex(thalweg.UsageError, "beta1"):
            chains.adam(beta=0.5)
        with self.assertRaises(AttributeError):
            chains.adm  # noqa: B018

    def test_a_plan_is_explained(self):
        self.assertIn("loop adam", thalweg.explain("adam | lr(0.1)", {"w": numbers(1, 2)}))

    def test_numpy_is_imported_only_for_its_arrays(self):
        code = ("import array, sys, thalweg; w = array.array('f', [1]); "
                "thalweg.Optimizer({'w': w}, 'lr(1)').step({'w': array.array('f', [1])}); "
                "sys.exit('numpy' in sys.modules or 'json' in sys.modules)")
        subprocess.run([sys.executable, "-c", code], check=True)


@unittest.skipUnless(has("numpy"), "without NumPy")
class Training(unittest.TestCase):
    def test_a_model_learns(self):
        import numpy

        x = numpy.random.default_rng(1).normal(size=(200, 3)).astype(numpy.float32)
        y = x @ [1, -2, 0.5] + 1
        model = thalweg.Model("dense(1)", inputs=3)
        trainer = thalweg.Trainer(model, "mse", "adam | lr(linear(0.1))", x, y, epochs=30)
        losses = [trainer.epoch() for _ in range(30)]
        self.assertLess(losses[-1], 1e-3)
        self.assertGreater(trainer.evaluate(x, y)["r2"], 0.999)
        numpy.testing.assert_allclose(model.parameters()["dense1.weight"][:, 0], [1, -2, 0.5], atol=0.05)
        numpy.testing.assert_allclose(model.predict(x)[:, 0], y, atol=0.1)

    def test_a_run_is_made_stopped_and_resumed(self):
        with tempfile.TemporaryDirectory() as folder:
            run = Path(folder) / "run"
            seen = []
            stopped = thalweg.train(run, epochs=1, model="dense(10)", optimizer="sgd(lr=0.1)",
                                    progress=lambda report, loss, total: seen.append(report.update) or len(seen) == 3)
            self.assertIsNone(stopped)
            self.assertEqual(seen, [1, 2, 3])
            result = thalweg.resume(run)
            self.assertEqual(result["updates"], 23)
            self.assertEqual(thalweg.evaluate(run)["updates"], 23)
            predicted = thalweg.predict(run)
            self.assertEqual(predicted["numbers"].shape, (1797, 10))
            self.assertEqual(len(predicted["labels"]), 1797)

            def broken(*_):
                raise KeyError("mine")

            with self.assertRaisesRegex(KeyError, "mine"):
                thalweg.train(Path(folder) / "other", epochs=1, progress=broken)

    def test_parts_are_kept_and_classes_weighed(self):
        with tempfile.TemporaryDirectory() as folder:
            result = thalweg.train(Path(folder) / "run", epochs=1, model="dense(10)", held_out=0.2, test=0.1,
                                   class_weights={3: 2, "7": 0.5})
            self.assertEqual((result["reported"], result["test"]["samples"], result["held_out"]["samples"]),
                             ("test", 179, 359))
            self.assertEqual([result["class_weights"][name] for name in "0379"], [1, 2, 0.5, 1])
            with self.assertRaisesRegex(thalweg.UsageError, "there is no such class"):
                thalweg.train(Path(folder) / "none", class_weights={"ten": 2})

    def test_labels_are_labels(self):
        import numpy

        x = numpy.zeros((6, 3))
        for bad in (numpy.eye(3)[[2] * 6], numpy.full(6, 0.9), numpy.full(6, 2**32)):
            with self.assertRaisesRegex(thalweg.UsageError, "not labels"):
                thalweg.Trainer(thalweg.Model("dense(3)", 3), "cross_entropy", "sgd(lr=0.5)", x, bad, classes=3)

    def test_reports_of_a_run_can_be_kept(self):
        with tempfile.TemporaryDirectory() as folder:
            kept = []
            thalweg.train(Path(folder) / "run", epochs=1, model="dense(10)", optimizer="sgd(lr=0.1)",
                          progress=lambda report, loss, total: kept.append(report) and False)
            self.assertEqual([report.update for report in kept], list(range(1, 24)))

    def test_pictures_are_drawn(self):
        self.assertIn("<svg", thalweg.Schedule("cosine(0.1, total=10)")._repr_svg_())
        self.assertIn("<svg", thalweg.landscape("rosenbrock", ["adam(lr=0.1)"], updates=10).svg())


if __name__ == "__main__":
    unittest.main()
