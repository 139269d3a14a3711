"""Makes every kind of page that there is, into one folder. To add one of the tool's, add a line to PAGES."""

import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

# name of the file: the arguments that make it; RUN stands for a finished run, OTHER for a second one
PAGES = {
    "run.html": ["page", "RUN", "--out", "run.html"],
    "table.html": ["page", "TABLE", "--out", "table.html"],
    "folds.html": ["page", "FOLDS", "--out", "folds.html"],
    "runs.html": ["page", "RUN", "OTHER", "--out", "runs.html"],
    "schedules.html": ["schedule", "cosine(1); linear(1, warmup=10%); cyclic(1, cycles=4)", "--total", "200", "--html",
                       "schedules.html"],
    "landscape.html": ["landscape", "rosenbrock", "--paths", "gd(lr=1e-3); adam(lr=0.05)", "--steps", "50", "--html",
                       "landscape.html"],
    "tour.html": ["tour", "--html", "tour.html"],
    "batches.html": ["landscape", "linear_regression", "--paths", "sgd(lr=0.1)", "--batch", "1,8,full", "--epochs", "4",
                     "--html", "batches.html"],
    "surface.html": ["landscape", "RUN", "--points", "9", "--html", "surface.html"],
    "comparison.html": ["compare", "--quiet", "--optimizers", "sgd; adam; gd", "--seeds", "3", "--rates", "3",
                        "--tuning-seeds", "1", "--epochs", "3", "--html", "comparison.html"],
    "rate.html": ["lr-find", "--epochs", "2", "--html", "rate.html"],
    "batch.html": ["batch-find", "--rounds", "1", "--html", "batch.html"],
    "doctor.html": ["doctor", "RUN", "--html", "doctor.html"],
    "tune.html": ["tune", "--optimizer", "adamw(lr=log(1e-4, 1e-1))", "--trials", "4", "--epochs", "2", "--html",
                  "tune.html"],
}

# bytes of pages that may be larger than others: twelve landscapes
LARGEST = {"tour.html": 800 << 10}


def make(tool, folder, data):
    """Returns the paths of the pages."""

    def call(*arguments):
        subprocess.run([tool, *arguments], cwd=folder, check=True, stdout=subprocess.DEVNULL)

    call("train", "--quiet", "--out", "a", "--epochs", "5")
    call("train", "--quiet", "--out", "b", "--epochs", "5", "--optimizer", "sgd(lr=0.1)", "--batch", "32")
    call("train", "--quiet", "--out", "c", "--epochs", "20", "--data", f"csv({data}/web.csv, target=kind)")
    call("train", "--quiet", "--out", "f", "--epochs", "5", "--folds", "3", "--test", "0.1")
    for arguments in PAGES.values():
        call(*[{"RUN": "a", "OTHER": "b", "TABLE": "c", "FOLDS": "f"}.get(word, word) for word in arguments])
    call("compare", "--quiet", "--optimizers", "sgd(lr=0.1); adam(lr=1e-3); adam(lr=1e-6)", "--data", "digits", "--data",
         "digits | shift(1)", "--data", f"csv({data}/web.csv, target=kind)", "--folds", "2", "--seeds", "2", "--rates", "1",
         "--epochs", "2", "--out", "study")
    # the recorded results, and two claims that take seconds
    subprocess.run([tool.parent / "thalweg_experiments", "--folder", ROOT / "experiments", "--build", folder, "03", "09"],
                   cwd=folder, check=True, capture_output=True)
    return [folder / name for name in (*PAGES, "study/report.html", "experiments.html")]
