"""Data frames of other libraries, by their own protocols, as what thalweg.sklearn is given."""

import sys
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

from thalweg._frames import to_matrix
from thalweg.sklearn import Classifier, Regressor

COLUMNS = {"a": [1.5, -2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0], "b": [1, 2, 3, 4, 5, 6, 7, 8, 9],
           "c": [True, False, True, True, False, False, True, False, True]}
MATRIX = np.column_stack([np.array(column, dtype=float) for column in COLUMNS.values()])


def imported(name: str):
    try:
        return __import__(name)
    except ImportError:
        raise unittest.SkipTest(f"{name} is not installed") from None


class Interchanged:
    """A frame that has the interchange protocol alone."""

    def __init__(self, frame):
        self._frame = frame

    def __dataframe__(self, **options):
        return self._frame.__dataframe__(**options)


def numbers_of(table):
    """An Arrow table's, by way of Python."""
    return np.array([[np.nan if x is None else float(x) for x in column.to_pylist()] for column in table.columns]).T


class Frames(unittest.TestCase):
    def assert_matrix(self, frame, expected):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            np.testing.assert_array_equal(to_matrix(frame, "X"), expected)

    def test_what_is_no_frame(self):
        for given in (MATRIX, [[1]], None, "text"):
            self.assertIs(to_matrix(given, "X"), given)

    def test_pandas(self):
        pandas = imported("pandas")
        frame = pandas.DataFrame(COLUMNS)
        mixed = frame.sample(frac=1, random_state=0)
        mixed.index.name = "id"
        for given in (frame, frame.iloc[2:7], frame.iloc[::-2], mixed, frame.set_index(["a", "b"], drop=False)):
            for one in (given, Interchanged(given)):
                self.assert_matrix(one, given.to_numpy(float))
        self.assert_matrix(pandas.DataFrame(MATRIX), MATRIX)
        missing = pandas.DataFrame({"i": pandas.array([1, None, 3], dtype="Int64"),
                                    "b": pandas.array([True, None, False], dtype="boolean"), "n": [1, np.nan, 2]})
        for one in (missing, Interchanged(missing)):
            self.assert_matrix(one, [[1, 1, 1], [np.nan] * 3, [3, 0, 2]])
        series = pandas.Series([1.0])
        self.assertIs(to_matrix(series, "X"), series)

    def test_polars(self):
        polars = imported("polars")
        frame = polars.DataFrame(COLUMNS)
        for given, expected in ((frame, MATRIX), (frame[3:8], MATRIX[3:8]), (frame[:0], MATRIX[:0]),
                                (polars.concat([frame[:4], frame[4:]], rechunk=False), MATRIX)):
            self.assert_matrix(given, expected)
        self.assert_matrix(polars.DataFrame({"a": [1.0, None], "b": [None, True]}), [[1, np.nan], [np.nan, 1]])

    def test_arrow(self):
        arrow = imported("pyarrow")
        table = arrow.table(COLUMNS)
        halves = arrow.concat_tables([table.slice(0, 4), table.slice(4)])
        for given in (table, halves, table.slice(3, 5), table.slice(9)):
            self.assert_matrix(given, numbers_of(given).reshape(-1, 3))
            self.assert_matrix(Interchanged(given), numbers_of(given).reshape(-1, 3))
        self.assert_matrix(table.to_batches()[0], MATRIX)
        self.assert_matrix(table.to_reader(), MATRIX)

    def test_every_type(self):
        arrow = imported("pyarrow")
        kinds = [getattr(arrow, f"{sign}int{bits}")() for sign in ("", "u") for bits in (8, 16, 32, 64)]
        columns = {str(kind): arrow.array([1, None, 3, 0, 5, 7, 9, 11, 13, None], type=kind)
                   for kind in (*kinds, arrow.float32(), arrow.float64())}
        columns["bool"] = arrow.array([True, None, True, False, False, False, False, True, True, None])
        table = arrow.table(columns).slice(1)
        self.assert_matrix(Interchanged(table), numbers_of(table))
        table = table.append_column("half", arrow.array(np.arange(9, dtype=np.float16)))
        table = table.append_column("none", arrow.nulls(9))
        self.assert_matrix(table, numbers_of(table))

    def assert_refused(self, frame, word: str):
        with self.assertRaisesRegex(thalweg.UsageError, f"X: column `city` does not hold numbers; got {word}"):
            to_matrix(frame, "X")

    def test_columns_that_are_not_numbers(self):
        pandas = imported("pandas")
        for column, word in ((["x", "y"], "text"), (pandas.Categorical(["x", "y"]), "categories"),
                             (pandas.to_datetime(["2020-01-01", "2020-01-02"]), "dates or times")):
            frame = pandas.DataFrame({"a": [1, 2], "city": column})
            self.assert_refused(frame, word)
            self.assert_refused(Interchanged(frame), word)
        with self.assertRaisesRegex(thalweg.UsageError, "cannot be read as numbers; got .*city"):
            to_matrix(pandas.DataFrame({"city": [1, "x"]}), "X")

    def test_columns_of_polars_that_are_not_numbers(self):
        polars = imported("polars")
        for column, word in ((["x"], "text"), (polars.Series(["x"], dtype=polars.Categorical), "categories"),
                             ([[1.0]], "lists or records"), ([b"x"], "bytes")):
            self.assert_refused(polars.DataFrame({"city": column}), word)


class Estimators(unittest.TestCase):
    """Fitted on frames, by name of their columns."""

    def assert_named(self, frame, array):
        y = np.arange(len(array)) % 2
        clf = Classifier(max_iter=2, random_state=0).fit(frame, y)
        self.assertEqual(list(clf.feature_names_in_), ["a", "b", "c"])
        plain = Classifier(max_iter=2, random_state=0).fit(array, y)
        self.assertEqual(clf.decision_function(frame).tobytes(), plain.decision_function(array).tobytes())
        with self.assertWarnsRegex(UserWarning, "does not have valid feature names"):
            clf.predict(array)
        return clf

    def test_pandas(self):
        pandas = imported("pandas")
        frame = pandas.DataFrame(COLUMNS)
        clf = self.assert_named(frame, MATRIX)
        with self.assertRaisesRegex(ValueError, "feature names should match"):
            clf.predict(frame[["b", "a", "c"]])
        with self.assertRaisesRegex(ValueError, "contains NaN"):
            clf.predict(frame.assign(a=np.nan))
        reg = Regressor(max_iter=2, random_state=0).fit(frame, frame[["a", "b"]])
        self.assertEqual(reg.predict(frame).shape, (9, 2))
        words = pandas.Series(["no", "yes"] * 5)[:9]
        self.assertEqual(Classifier(max_iter=1).fit(frame, words).classes_.tolist(), ["no", "yes"])

    def test_polars(self):
        polars = imported("polars")
        frame = polars.DataFrame(COLUMNS)
        self.assert_named(frame, MATRIX)
        words = polars.Series(["no", "yes"] * 5)[:9]
        self.assertEqual(Classifier(max_iter=1).fit(frame, words).classes_.tolist(), ["no", "yes"])

    def test_arrow(self):
        arrow = imported("pyarrow")
        self.assert_named(arrow.table(COLUMNS), MATRIX)
        words = arrow.chunked_array([["no", "yes"] * 2, ["no"] * 5])
        self.assertEqual(Classifier(max_iter=1).fit(arrow.table(COLUMNS), words).classes_.tolist(), ["no", "yes"])


if __name__ == "__main__":
    unittest.main()
