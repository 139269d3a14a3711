"""Makes every kind of page that the tool writes, into one folder. To add a page, add a line to PAGES."""

import subprocess

# name of the file: the arguments that make it; RUN stands for a finished run, OTHER for a second one
PAGES = {
    "run.html": ["page", "RUN", "--out", "run.html"],
    "table.html": ["page", "TABLE", "--out", "table.html"],
    "runs.html": ["page", "RUN", "OTHER", "--out", "runs.html"],
}


def make(tool, folder, data):
    """Returns the paths of the pages."""

    def call(*arguments):
        subprocess.run([tool, *arguments], cwd=folder, check=True, stdout=subprocess.DEVNULL)

    call("train", "--quiet", "--out", "a", "--epochs", "5")
    call("train", "--quiet", "--out", "b", "--epochs", "5", "--optimizer", "sgd(lr=0.1)", "--batch", "32")
    call("train", "--quiet", "--out", "c", "--epochs", "20", "--data", f"csv({data}/web.csv, target=kind)")
    for arguments in PAGES.values():
        call(*[{"RUN": "a", "OTHER": "b", "TABLE": "c"}.get(word, word) for word in arguments])
    return [folder / name for name in PAGES]
