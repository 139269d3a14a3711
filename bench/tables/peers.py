"""One table by scikit-learn, on the rows that the library trains on: a request as JSON a line in, scores as JSON out.

A missing number becomes the mean, numbers are standardised, words one-hot; what the training part does not have is none
of the levels. Every estimator is as it comes, but that the logistic regression may take the steps it needs and the target of the
MLP is standardised.
"""

import json
import sys
import time
import warnings

import numpy
import pandas
from sklearn.compose import TransformedTargetRegressor, make_column_selector, make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import accuracy_score, log_loss, r2_score
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler



def scaled(regressor):
    """A network learns a target in its own unit badly."""
    return TransformedTargetRegressor(regressor, transformer=StandardScaler())


ESTIMATORS = {
    "classify": {"linear": lambda seed: LogisticRegression(max_iter=2000), "mlp": lambda seed: MLPClassifier(random_state=seed),
                 "trees": lambda seed: HistGradientBoostingClassifier(random_state=seed)},
    "regress": {"linear": lambda seed: Ridge(), "mlp": lambda seed: scaled(MLPRegressor(random_state=seed)),
                "trees": lambda seed: HistGradientBoostingRegressor(random_state=seed)},
}


def encoder():
    numbers = make_pipeline(SimpleImputer(), StandardScaler())
    words = make_pipeline(SimpleImputer(strategy="constant", fill_value="missing"),
                          OneHotEncoder(handle_unknown="ignore", sparse_output=False))
    return make_column_transformer((numbers, make_column_selector(dtype_include=numpy.number)),
                                   (words, make_column_selector(dtype_exclude=numpy.number)))


def scores(task, fitted, x, y):
    if task == "regress":
        return {"r2": r2_score(y, fitted.predict(x))}
    known = numpy.isin(y, fitted.classes_)
    return {"accuracy": accuracy_score(y, fitted.predict(x)),
            "log_loss": log_loss(y[known], fitted.predict_proba(x)[known], labels=fitted.classes_)}


def judged(request):
    table = pandas.read_csv(request["csv"], na_values=["?"])
    y = table.pop(request["target"])
    y = y.to_numpy(float) if request["task"] == "regress" else y.astype(str).to_numpy(object)
    boolean = table.select_dtypes("bool").columns
    table[boolean] = table[boolean].astype(str)
    train, test = request["train"], request["test"]
    out = {}
    for name, make in ESTIMATORS[request["task"]].items():
        start = time.perf_counter()
        model = make_pipeline(encoder(), make(request["seed"])).fit(table.iloc[train], y[train])
        seconds = time.perf_counter() - start
        out[name] = {**scores(request["task"], model, table.iloc[test], y[test]), "seconds": seconds}
    return out


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    for line in sys.stdin:
        print(json.dumps(judged(json.loads(line))), flush=True)
