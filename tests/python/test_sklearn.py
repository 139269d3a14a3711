"""thalweg.sklearn: what scikit-learn asks of an estimator, scores on its data sets, equal bits."""

import copy
import pickle
import subprocess
import sys
import tempfile
import threading
import unittest
import warnings
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

from sklearn import datasets
from sklearn.base import clone, is_classifier, is_regressor
from sklearn.ensemble import BaggingClassifier, VotingClassifier
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.utils.estimator_checks import check_estimator

from thalweg import _recipe
from thalweg.sklearn import Classifier, Regressor


def made(rows=500, seed=0):
    """Points of the plane and beyond, and which of three classes two of their coordinates make."""
    X = np.random.RandomState(seed).normal(size=(rows, 7))
    return X, (X[:, 0] > 0).astype(int) + (X[:, 1] > 0)


def pickled(estimator):
    return pickle.loads(pickle.dumps(estimator))


class Contract(unittest.TestCase):
    def test_is_an_estimator_of_scikit_learn(self):
        for estimator in (Classifier(), Regressor()):
            with self.subTest(estimator=estimator), warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of the checks themselves
                results = check_estimator(estimator, on_fail=None)
                self.assertGreater(len(results), 40)
                self.assertEqual([r["check_name"] for r in results if r["status"] not in ("passed", "skipped")], [])
        self.assertTrue(is_classifier(Classifier()) and is_regressor(Regressor()))

    def run_alone(self, code: str) -> str:
        where = str(Path(thalweg.__file__).resolve().parents[1])
        code = f"import sys; sys.path.insert(0, {where!r})\n{code}"
        return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout

    def test_scikit_learn_is_loaded_when_it_is_asked_for(self):
        told = self.run_alone("import thalweg; print('sklearn' in sys.modules); thalweg.sklearn.Classifier; "
                              "print('sklearn' in sys.modules)")
        self.assertEqual(told.split(), ["False", "True"])
        told = self.run_alone("sys.modules['sklearn'] = None\nimport thalweg\n"
                              "try: thalweg.sklearn\nexcept ImportError as error: print(error)")
        self.assertIn("thalweg.sklearn needs the package scikit-learn, 1.6 or newer", told)

    def test_clone_and_parameters(self):
        first = Classifier("dense(4)", optimizer=thalweg.Chain("adam | lr(1e-3)"), random_state=3)
        second = clone(first)
        self.assertEqual(second.get_params()["model"], "dense(4)")
        self.assertEqual(str(second.optimizer), "adam | lr(0.001)")
        second.set_params(batch_size=8)
        self.assertEqual((first.batch_size, second.batch_size), (64, 8))

    def test_what_is_learnt(self):
        X, y = made()
        clf = Classifier(max_iter=4, random_state=0).fit(X, np.array(["c", "a", "b"])[y])
        self.assertEqual(clf.classes_.tolist(), ["a", "b", "c"])
        self.assertEqual((clf.n_iter_, len(clf.loss_curve_), clf.n_features_in_), (4, 4, 7))
        self.assertLess(clf.loss_curve_[-1], clf.loss_curve_[0])
        self.assertFalse(hasattr(clf, "feature_names_in_"))
        self.assertIn(clf.predict(X[:1])[0], ("a", "b", "c"))

    def test_in_searches_and_ensembles(self):
        X, y = made(200)
        search = GridSearchCV(Classifier(max_iter=8, random_state=0), {"model": ["dense(3)", "auto"]}, cv=3)
        self.assertEqual(search.fit(X, y).best_params_, {"model": "auto"})
        networks = ("auto", "dense(32) | tanh | dense(3)")
        vote = VotingClassifier([(m, Classifier(m, max_iter=60, random_state=0)) for m in networks], voting="soft")
        self.assertGreater(vote.fit(X, y).score(X, y), 0.8)
        bag = BaggingClassifier(Classifier(max_iter=30), n_estimators=3, random_state=0, n_jobs=2)
        self.assertGreater(bag.fit(X, y).score(X, y), 0.8)


class Scores(unittest.TestCase):
    def test_of_classes(self):
        for load, least in ((datasets.load_iris, 0.92), (datasets.load_wine, 0.95), (datasets.load_breast_cancer, 0.95),
                            (datasets.load_digits, 0.91)):
            with self.subTest(data=load.__name__):
                X, y = load(return_X_y=True)
                self.assertGreater(cross_val_score(Classifier(random_state=0), X, y, cv=5).mean(), least)

    def test_of_values(self):
        X, y = datasets.load_diabetes(return_X_y=True)
        reg = Regressor("dense(1)", random_state=0)  # a line: linear regression reaches 0.482 by five folds
        self.assertAlmostEqual(cross_val_score(reg, X, y, cv=5).mean(), 0.482, delta=0.01)
        self.assertGreater(cross_val_score(Regressor(random_state=0, early_stopping=True), X, y, cv=5).mean(), 0.3)

    def test_whatever_the_unit(self):
        X = np.random.RandomState(0).normal(size=(300, 4))
        y = X @ [1.0, 2.0, 3.0, 4.0]
        plain = Regressor(random_state=0).fit(X, y).score(X, y)
        self.assertGreater(plain, 0.999)
        for offset, unit in ((1e9, 1.0), (0.0, 1e300), (0.0, 1e-300), (1e6, 1e-3)):
            with self.subTest(offset=offset, unit=unit):
                far, targets = X * unit + offset, y * 1e-5 + 1e6
                score = Regressor(random_state=0).fit(far, targets).score(far, targets)
                self.assertAlmostEqual(score, plain, delta=1e-6)

    def test_without_standardising(self):
        X, y = made()
        moved = X + 1e6
        self.assertLess(Classifier(random_state=0, standardize=False, max_iter=5).fit(moved, y).score(moved, y), 0.7)
        self.assertGreater(Classifier(random_state=0, max_iter=5).fit(moved, y).score(moved, y), 0.8)

    def test_several_values(self):
        X, y = datasets.load_linnerud(return_X_y=True)
        for targets in (y, y[:, :1], y[:, 0]):
            reg = Regressor(max_iter=200, random_state=0).fit(X, targets)
            self.assertEqual(reg.predict(X).shape, targets.shape)
            self.assertGreater(reg.score(X, targets), 0.6)


class Probabilities(unittest.TestCase):
    def test_softmax(self):
        X, y = made()
        clf = Classifier(max_iter=5, random_state=0).fit(X, y)
        scores = clf.decision_function(X).astype(float)
        expected = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
        np.testing.assert_allclose(clf.predict_proba(X), expected, rtol=1e-12)
        np.testing.assert_allclose(clf.predict_log_proba(X), np.log(expected), rtol=1e-10, atol=1e-14)
        self.assertTrue((clf.predict(X) == clf.classes_[scores.argmax(axis=1)]).all())

    def test_one_output_for_two_classes(self):
        X, y = made()
        clf = Classifier("dense(16) | relu | dense(1)", optimizer="adam(lr=1e-2)", max_iter=60, random_state=0)
        clf.fit(X, y == 2)
        scores = clf.decision_function(X).astype(float)
        self.assertEqual(scores.shape, (500,))
        np.testing.assert_allclose(clf.predict_proba(X)[:, 1], 1 / (1 + np.exp(-scores)), rtol=1e-12)
        self.assertTrue((clf.predict(X) == (scores > 0)).all())
        self.assertGreater(clf.score(X, y == 2), 0.9)

    def test_two_outputs_for_two_classes(self):
        X, y = made()
        clf = Classifier(max_iter=5, random_state=0).fit(X, y > 0)
        scores = clf.decision_function(X).astype(float)
        np.testing.assert_allclose(clf.predict_proba(X)[:, 1], 1 / (1 + np.exp(-scores)), rtol=1e-6)

    def test_bce_of_several_outputs(self):
        X, y = made()
        clf = Classifier(loss="bce | l2(1e-4)", max_iter=5, random_state=0).fit(X, y)
        shares = 1 / (1 + np.exp(-clf.decision_function(X).astype(float)))
        np.testing.assert_allclose(clf.predict_proba(X), shares / shares.sum(axis=1, keepdims=True), rtol=1e-12)

    def test_a_loss_without_them(self):
        X, y = made()
        clf = Classifier(loss="mse", max_iter=60, random_state=0).fit(X, y)
        self.assertFalse(hasattr(clf, "predict_proba"))
        self.assertGreater(clf.score(X, y), 0.8)


class Bits(unittest.TestCase):
    def assert_equal_bits(self, one, other, X):
        self.assertEqual(one.loss_curve_, other.loss_curve_)
        scores = [np.asarray(e.decision_function(X) if hasattr(e, "classes_") else e.predict(X)) for e in (one, other)]
        self.assertEqual(scores[0].tobytes(), scores[1].tobytes())

    def test_any_number_of_threads(self):
        X, y = datasets.load_digits(return_X_y=True)
        one, two = (Classifier(max_iter=3, random_state=7, n_threads=n).fit(X, y) for n in (1, 2))
        self.assert_equal_bits(one, two, X)
        one, two = (Regressor(max_iter=3, random_state=7, n_threads=n).fit(X, y) for n in (1, 2))
        self.assert_equal_bits(one, two, X)

    def test_seeds(self):
        X, y = made()
        fit = lambda state: Classifier(max_iter=2, random_state=state).fit(X, y)
        self.assert_equal_bits(fit(5), fit(np.int64(5)), X)
        self.assert_equal_bits(fit(np.random.RandomState(5)), fit(np.random.RandomState(5)), X)
        self.assertNotEqual(fit(5).loss_curve_, fit(6).loss_curve_)
        self.assertNotEqual(fit(None).loss_curve_, fit(None).loss_curve_)

    def test_layout_and_type_of_the_input_do_not_matter(self):
        X, y = made()
        X = np.round(X * 8)
        fit = lambda inputs: Classifier(max_iter=2, random_state=0).fit(inputs, y)
        for other in (np.asfortranarray(X), X.astype(np.float32), X.astype(np.int8), X.tolist()):
            self.assert_equal_bits(fit(X), fit(other), X)

    def test_rows_beside_do_not_matter(self):
        X, y = made(1500)
        clf = Classifier(max_iter=2, random_state=0).fit(X, y)
        whole = clf.decision_function(X)
        for count in (1, 2, 3, 63, 64, 65, 1025):
            self.assertEqual(clf.decision_function(X[:count]).tobytes(), whole[:count].tobytes())

    def test_pickled_and_copied(self):
        X, y = made()
        clf = Classifier(max_iter=2, random_state=0).fit(X, y)
        for other in (pickled(clf), copy.deepcopy(clf)):
            self.assert_equal_bits(clf, other, X)

    def test_warm_start_goes_on_after_a_pickle(self):
        X, y = made()
        clf = Classifier(max_iter=3, random_state=0, warm_start=True).fit(X, y)
        other = pickled(clf).set_params(n_threads=2)
        before = clf.loss_curve_[-1]
        self.assert_equal_bits(clf.fit(X, y), other.fit(X, y), X)
        self.assertEqual((clf.n_iter_, len(clf.loss_curve_)), (6, 6))
        self.assertLess(clf.loss_curve_[3], before)  # from the weights of the first three epochs
        self.assertEqual(clf.set_params(warm_start=False).fit(X, y).n_iter_, 3)

    def test_partial_fit_goes_on_after_a_pickle(self):
        X, y = made()
        for optimizer in ("auto", "sgd(lr=cosine(0.1, total=100), momentum=0.9)", "accumulate(4) | adam(lr=1e-2)",
                          "adamw(lr=1e-2) | average(decay=0.9)"):
            with self.subTest(optimizer=optimizer):
                one = Classifier(random_state=0, optimizer=optimizer, n_threads=1)
                two = Classifier(random_state=0, optimizer=optimizer, n_threads=2)
                for i in range(5):  # of 1 to 3 batches each
                    rows = slice(50 * i, 50 * i + 50 + 20 * i)
                    one.partial_fit(X[rows], y[rows], classes=[0, 1, 2])
                    two = pickled(two.partial_fit(X[rows], y[rows], classes=[0, 1, 2]))
                self.assert_equal_bits(one, two, X)

    def test_partial_fit_is_fit_without_a_schedule(self):
        X, y = made(640)
        options = dict(random_state=0, optimizer="adam(lr=1e-2)", shuffle=False)
        whole = Classifier(max_iter=6, **options).fit(X, y)
        parts = Classifier(max_iter=4, **options).fit(X, y)
        for _ in range(2):
            parts = pickled(parts).partial_fit(X, y)
        self.assertEqual(whole.decision_function(X).tobytes(), parts.decision_function(X).tobytes())
        np.testing.assert_allclose(whole.loss_curve_, parts.loss_curve_, rtol=1e-12)

    def test_several_threads_may_ask(self):
        X, y = made()
        clf = Classifier(max_iter=2, random_state=0).fit(X, y)
        whole, wrong = clf.decision_function(X), []

        def ask():
            for count in range(50, 80):
                wrong.extend([count] * (clf.decision_function(X[:count]).tobytes() != whole[:count].tobytes()))

        threads = [threading.Thread(target=ask) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(wrong, [])


class Stopping(unittest.TestCase):
    def test_the_best_epoch_is_kept(self):
        X, y = datasets.load_digits(return_X_y=True)
        clf = Classifier(optimizer="adam(lr=1e-2)", max_iter=200, random_state=0, early_stopping=True,
                         n_iter_no_change=3, tol=0).fit(X, y)
        losses = clf.validation_loss_curve_
        self.assertEqual(clf.n_iter_, clf.best_iter_ + 3)
        self.assertEqual(len(losses), clf.n_iter_)
        self.assertEqual(losses[clf.best_iter_ - 1], min(losses))
        self.assertEqual(clf.best_loss_, min(losses))
        self.assertGreater(clf.validation_scores_[clf.best_iter_ - 1], 0.9)
        # It is as if it had been stopped there: weights, and what partial_fit goes on from.
        self.assertEqual(clf._learnt.batches, clf.best_iter_ * 26)

    def test_values(self):
        X, y = datasets.load_diabetes(return_X_y=True)
        reg = Regressor(random_state=0, early_stopping=True).fit(X, y)
        self.assertEqual(reg.n_iter_, reg.best_iter_ + 10)
        self.assertGreater(reg.validation_scores_[reg.best_iter_ - 1], 0.3)  # R2

    def test_averages_are_what_predicts(self):
        X, y = made()
        options = dict(max_iter=3, random_state=0)
        plain = Classifier(optimizer="adam(lr=1e-2)", **options).fit(X, y)
        averaged = Classifier(optimizer="adam(lr=1e-2) | average(decay=0.5)", **options).fit(X, y)
        self.assertEqual(plain.loss_curve_, averaged.loss_curve_)
        self.assertFalse((plain.decision_function(X) == averaged.decision_function(X)).any())


class Stream(unittest.TestCase):
    def test_learns_from_parts(self):
        X, y = datasets.load_digits(return_X_y=True)
        clf = Classifier(random_state=0)
        for _ in range(10):
            for rows in np.array_split(np.arange(1400), 7):
                clf.partial_fit(X[rows], y[rows], classes=range(10))
        self.assertGreater(clf.score(X[1400:], y[1400:]), 0.85)
        self.assertEqual((clf.n_iter_, len(clf.loss_curve_)), (70, 70))

    def test_a_pass_meets_every_sample_once(self):
        X, y = made()
        clf = Classifier(optimizer="sgd(lr=0)", batch_size=16, random_state=0)  # the loss of weights that stand still
        for rows in (slice(0, 40), slice(40, 57), slice(57, 60), slice(60, 200), slice(200, 265)):
            clf.partial_fit(X[rows], y[rows], classes=[0, 1, 2])
            losses = -clf.predict_log_proba(X[rows])[np.arange(len(y[rows])), y[rows]]
            self.assertAlmostEqual(clf.loss_curve_[-1], losses.mean(), delta=1e-6)

    def test_a_schedule_names_its_end(self):
        X, y = made()
        with self.assertRaisesRegex(thalweg.UsageError, "total.*cosine"):
            Classifier(optimizer="adam(lr=cosine(1e-3))").partial_fit(X, y, classes=[0, 1, 2])

    def test_classes_are_named_first(self):
        X, y = made()
        with self.assertRaisesRegex(ValueError, "classes: the first call"):
            Classifier().partial_fit(X, y)
        clf = Classifier().partial_fit(X[:9], y[:9] * 0, classes=[0, 1, 2])
        with self.assertRaisesRegex(ValueError, "not those of the first call"):
            clf.partial_fit(X, y, classes=[0, 1])
        with self.assertRaisesRegex(ValueError, "not among the classes; got 3"):
            clf.partial_fit(X, y + 1)


class Refusals(unittest.TestCase):
    def test_say_what_to_do(self):
        X, y = made(60)
        for message, call in (
            ("no sample counts|non-zero", lambda: Classifier().fit(X, y, sample_weight=np.zeros(60))),
            ("[Nn]egative", lambda: Regressor().fit(X, y, sample_weight=-np.ones(60))),
            ("shape", lambda: Classifier().fit(X, y, sample_weight=np.ones(59))),
            ("class_weight: partial_fit.*got balanced",
             lambda: Classifier(class_weight="balanced").partial_fit(X, y, classes=[0, 1, 2])),
            ("class_weight: out of range", lambda: Classifier(class_weight={0: -1}).fit(X, y)),
            ("batch_size: out of range; got 0", lambda: Classifier(batch_size=0).fit(X, y)),
            ("max_iter: out of range; got 1.5", lambda: Regressor(max_iter=1.5).fit(X, y)),
            ("did you mean `adam`", lambda: Classifier(optimizer="adamm(lr=1)").fit(X, y)),
            ("got 2 outputs; want 3", lambda: Classifier("dense(2)").fit(X, y)),
            ("one class; want two", lambda: Classifier().fit(X, y * 0)),
            ("early_stopping: partial_fit", lambda: Regressor(early_stopping=True).partial_fit(X, y)),
            ("too large for the network.*row 0, column 2",
             lambda: Regressor(max_iter=1).fit(X, y).predict([[0, 0, 1e300, 0, 0, 0, 0]])),
            ("X: .*float32.*row 3",
             lambda: Regressor(standardize=False).fit(X + 1e39 * (np.arange(60) == 3)[:, None], y)),
        ):
            with self.subTest(message=message), self.assertRaisesRegex((ValueError, TypeError), message):
                call()
        self.assertEqual(Classifier(max_iter=1).fit(X, y, sample_weight=None).n_iter_, 1)

    def test_a_training_that_failed_leaves_nothing_fitted(self):
        X, y = made(60)
        clf = Classifier(max_iter=1).fit(X, y)
        with self.assertRaises(thalweg.DivergedError):
            clf.set_params(optimizer="sgd(lr=1e30)", max_iter=50).fit(X, y)
        with self.assertRaises(NotFittedError):
            clf.predict(X)


class Recipe(unittest.TestCase):
    """What is trained where nothing is said is what `thalweg train` says."""

    def assert_same(self, run: dict, classes: bool, outputs: int):
        task = _recipe.Task(classes, outputs, run["train"]["samples"], run["batch"])
        epochs = _recipe.epochs_for(task)
        chain = thalweg.Chain(_recipe.optimizer_for(task, epochs)).resolve(run["updates"], task.updates_per_epoch)
        self.assertEqual((run["model"], run["loss"], run["epochs"], run["optimizer"]),
                         (_recipe.model_for(task), _recipe.loss_for(task, outputs), epochs, str(chain)))
        self.assertEqual(run["batch"], Classifier().batch_size)

    def test_many_classes(self):
        with tempfile.TemporaryDirectory() as folder:
            self.assert_same(thalweg.train(Path(folder) / "run", data="digits"), True, 10)

    def test_tables(self):
        X, y = made(100)
        for targets, classes, outputs in ((y, True, 3), (X[:, 0] + X[:, 1], False, 1)):
            with self.subTest(classes=classes), tempfile.TemporaryDirectory() as folder:
                table = Path(folder) / "t.csv"
                table.write_text("".join(",".join(map(repr, [*map(float, row), one])) + "\n"
                                         for row, one in zip(X, targets.tolist())))
                run = thalweg.train(Path(folder) / "run", data=f'csv("{table}")')
                self.assert_same(run, classes, outputs)


if __name__ == "__main__":
    unittest.main()
