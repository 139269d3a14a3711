#!/usr/bin/env python3
"""Checks the numbers of tests/vectors/*.vec against the derivation that stands beside them.

Usage: tools/vectors.py                 every transform has a file, and every number is right
       tools/vectors.py --check FILE    the numbers of one file are right
       tools/vectors.py --write FILE    put the numbers of the derivation into FILE
       tools/vectors.py --long FILE     print what the derivations make of long random gradients
       tools/vectors.py --self-test
tests/vectors/README.md describes the format. A derivation runs with 50-digit decimals; its results, rounded
once to double, must equal the numbers of `p'`. Prints one line for each violation, `file:line: what; got;
want`, and exits 1 when there are any.
"""

import decimal
import math
import re
import struct
import sys
import tempfile
import textwrap
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VECTORS = ROOT / "tests" / "vectors"
REGISTRY = ROOT / "src" / "engine" / "transforms" / "transforms.inc"
REGISTRATION = re.compile(r'^\s*#include "transforms/(\w+)\.h"', re.MULTILINE)

DIGITS = 50
INDENT = 8  # a field's text begins in this column; continuation lines are indented at least that far
KEYS = ["name", "chain", "same", "from", "tol", "shape", "p", "g", "metric", "p'", "long", "how"]  # in this order
OPTIONAL = ["same", "shape", "metric", "long"]  # every case has all others
LONG_ELEMENTS = 19  # whole registers and a rest on every machine
LONG_CHECKS = [2, 40, 200]  # updates after which the numbers of a long run are written down
PI = Decimal("3.14159265358979323846264338327950288419716939937510582097494")
TOLERANCE = re.compile(r"\d+ ulp")


class Fault(Exception):
    """`line: what; got; want`, line within the file."""


@dataclass
class Case:
    line: int
    fields: dict[str, str] = field(default_factory=dict)
    lines: dict[str, int] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return self.fields.get("name", "?")


def fault(line: int, what: str, got: str, want: str) -> Fault:
    return Fault(f"{line}: {what}; got {got}; want {want}")


def read_cases(text: str, blank_results: bool = False) -> list[Case]:
    """Splits a file into its cases and their fields; raises Fault."""
    cases = [Case(1)]
    key = ""
    for number, line in enumerate(text.splitlines(), 1):
        if line.rstrip() == "---":
            cases.append(Case(number + 1))
            key = ""
        elif line.startswith("#") or (not line.strip() and key != "how"):
            continue
        elif line[:1].isspace() or not line.strip():
            if not key:
                raise fault(number, "a continuation of nothing", f"`{line.strip()}`", "a key first")
            cases[-1].fields[key] += "\n" + line
        else:
            key = add_field(cases[-1], number, line)
    for case in cases:
        check_fields(case, blank_results)
    return cases


def add_field(case: Case, number: int, line: str) -> str:
    key = line.split(None, 1)[0]
    if key not in KEYS:
        raise fault(number, "unknown key", f"`{key}`", ", ".join(KEYS))
    if key in case.fields:
        raise fault(number, "a key is given twice", f"`{key}`", "one of each")
    case.fields[key] = " " * len(key) + line[len(key):]
    case.lines[key] = number
    return key


def check_fields(case: Case, blank_results: bool) -> None:
    for key in KEYS:
        empty_is_fine = (key == "p'" and blank_results) or (key in OPTIONAL and key not in case.fields)
        if not case.fields.get(key, "").strip() and not empty_is_fine:
            raise fault(case.line, f"`{case.name}` is not complete", f"no `{key}`", ", ".join(KEYS))
    order = sorted(case.lines, key=lambda key: case.lines[key])
    if order != [key for key in KEYS if key in order]:
        what = f"the keys of `{case.name}` are out of order"
        raise fault(case.line, what, ", ".join(order), ", ".join(KEYS))
    if not TOLERANCE.fullmatch(case.fields["tol"].strip()):
        raise fault(case.lines["tol"], "no tolerance", case.fields["tol"].strip(), "`2 ulp`")
    check_shape(case)


def check_shape(case: Case) -> None:
    if "shape" not in case.fields:
        return
    sizes = case.fields["shape"].split()
    want = len(read_rows(case, "p")[0])
    if not all(size.isdecimal() for size in sizes) or math.prod(map(int, sizes)) != want:
        what = f"another number of elements in `shape` of `{case.name}`"
        raise fault(case.lines["shape"], what, " ".join(sizes), f"sizes of {want} elements")


def read_rows(case: Case, key: str) -> list[list[str]]:
    """The numbers of a field, still as text: rows are separated by semicolons."""
    rows = [row.split() for row in case.fields[key].split(";")]
    for row in rows:
        for number in row:
            try:
                good = Decimal(number).is_finite() or key == "g"
            except decimal.InvalidOperation:
                good = False
            if not good:
                raise fault(case.lines[key], f"no number in `{key}` of `{case.name}`", number, "a decimal")
    return rows


def sqrt(x) -> Decimal:
    return Decimal(x).sqrt()


def derive(case: Case) -> list[list[Decimal]]:
    """What the derivation of a case yields from its own numbers."""
    p = [Decimal(x) for x in read_rows(case, "p")[0]]
    grads = [[Decimal(x) for x in row] for row in read_rows(case, "g")]
    metrics = [Decimal(x) for x in read_rows(case, "metric")[0]] if "metric" in case.fields else []
    return run_how(case, p, grads, metrics)


def run_how(case: Case, p: list[Decimal], grads: list[list[Decimal]], metrics: list[Decimal]) -> list[list[Decimal]]:
    """Runs the `how` block of a case: the body of a generator that yields `p` after each update."""
    source = "def how(p, grads, n):\n" + textwrap.indent(textwrap.dedent(case.fields["how"]), "  ") + "\n"
    scope = {"D": Decimal, "sqrt": sqrt, "exp": lambda x: Decimal(x).exp(), "ln": lambda x: Decimal(x).ln(),
             "sign": lambda x: Decimal((x > 0) - (x < 0)), "cos": cos, "pi": PI, "metrics": metrics}
    line = case.lines["how"]
    with decimal.localcontext() as context:
        context.prec = DIGITS
        try:
            exec(compile(source, "how", "exec"), scope)
            rows = [[as_decimal(x) for x in row] for row in scope["how"](p, grads, len(p))]
        except Exception as error:  # whatever a derivation does wrong is reported at its place
            what = f"the derivation of `{case.name}` fails"
            raise fault(line, what, repr(error), "rows of numbers") from None
    if len(rows) != len(grads) or any(len(row) != len(p) for row in rows):
        shape = f"{len(rows)} rows of {sorted({len(row) for row in rows})}"
        raise fault(line, f"the derivation of `{case.name}`", shape, f"{len(grads)} rows of {len(p)}")
    return rows


def sample_number(seed: int, index: int) -> Decimal:
    """That of src/engine/params/test_params.h: of size 1/8 to 1, either sign, exact in float."""
    x = ((seed + 1) * 0x9e3779b97f4a7c15 + index * 0xbf58476d1ce4e5b9) % 2**64
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9 % 2**64
    x = (x ^ (x >> 27)) * 0x94d049bb133111eb % 2**64
    x ^= x >> 31
    size = 0.125 + 0.875 * (x >> 43) / 2097152.0
    return Decimal(struct.unpack("f", struct.pack("f", size if x & 1 else -size))[0])


def sample_numbers(seed: int) -> list[Decimal]:
    return [sample_number(seed, index) for index in range(LONG_ELEMENTS)]


def has_long_run(case: Case) -> bool:
    """A derivation that is for any elements and updates, unless `long` says why it is not: one of a matrix, of metrics or of
    gradients that are not finite never is."""
    words = set(case.fields["g"].split())
    return not {"shape", "metric", "long"} & case.fields.keys() and not {"nan", "inf", "-inf"} & words


def long_run(case: Case) -> str:
    """A case as tests/vectors_test.cc replays it: its chains, and the numbers after some of the updates."""
    grads = [sample_numbers(100 + k) for k in range(LONG_CHECKS[-1])]
    rows = run_how(case, sample_numbers(3), grads, [])
    kept = " ; ".join(" ".join(repr(float(x)) for x in rows[k - 1]) for k in LONG_CHECKS)
    chains = [case.fields[key].strip() for key in ("chain", "same") if key in case.fields]
    return "".join(f"name    {case.name.strip()}\nchain   {chain}\nafter   {' '.join(map(str, LONG_CHECKS))}\np'      {kept}\n---\n"
                   for chain in chains)


def as_decimal(x) -> Decimal:
    if isinstance(x, float):
        raise TypeError("a float lost the digits")
    return Decimal(x)


def cos(x) -> Decimal:
    """Taylor's series, in ten digits more than asked for."""
    with decimal.localcontext() as context:
        context.prec += 10
        x = Decimal(x) % (2 * PI)
        term, total, k = Decimal(1), Decimal(0), 0
        while abs(term) > Decimal(10) ** -context.prec:
            total += term
            k += 2
            term *= -x * x / (k * (k - 1))
    return +total


def check_case(case: Case) -> list[str]:
    """`line: what; got; want` of every number that is not the derivation's, rounded once to double."""
    errors = []
    line = case.lines["p'"]
    rows = read_rows(case, "p'")
    derived = derive(case)
    if [len(row) for row in rows] != [len(row) for row in derived]:
        sizes = f"rows of {[len(row) for row in rows]}"
        return [f"{line}: `p'` of `{case.name}`; got {sizes}; want rows of {[len(row) for row in derived]}"]
    for i, (row, want_row) in enumerate(zip(rows, derived), 1):
        for j, (got, want) in enumerate(zip(row, want_row), 1):
            if not same(float(got), float(want)):
                where = f"{line}: `{case.name}`, row {i}, element {j}"
                errors.append(f"{where}: another number; got {got}; want {float(want)!r}")
    return errors


def same(a: float, b: float) -> bool:
    return a == b and math.copysign(1, a) == math.copysign(1, b)


def check_example() -> list[str]:
    """The example of the README is a case like any other."""
    path = VECTORS / "README.md"
    try:
        (case,) = read_cases(path.read_text().split("```\n")[1])
        return [f"{path.relative_to(ROOT)}:{error}" for error in check_case(case)]
    except Fault as error:
        return [f"{path.relative_to(ROOT)}:{error}"]


def check_file(path: Path) -> list[str]:
    name = path.relative_to(ROOT) if path.is_relative_to(ROOT) else path
    try:
        cases = read_cases(path.read_text())
        chains = [case.fields["chain"] for case in cases]
        errors = [error for case in cases for error in check_case(case)]
    except Fault as error:
        return [f"{name}:{error}"]
    if not any(re.search(rf"\b{path.stem}\b", chain) for chain in chains):
        errors.append(f"1: no case about the file's name; got no `{path.stem}` in a chain; want one")
    return [f"{name}:{error}" for error in errors]


def write_file(path: Path) -> None:
    """Replaces the rows of `p'`; everything else stays as it is."""
    lines = path.read_text().splitlines()
    for case in reversed(read_cases("\n".join(lines), blank_results=True)):
        rows = [" ".join(repr(float(x)).removesuffix(".0") for x in row) for row in derive(case)]
        text = "p'".ljust(INDENT) + (" ;\n" + " " * INDENT).join(rows)
        first = case.lines.get("p'", case.lines["how"]) - 1
        lines[first:case.lines["how"] - 1] = text.split("\n")
    path.write_text("\n".join(lines) + "\n")


def check_tree() -> int:
    transforms = REGISTRATION.findall(REGISTRY.read_text())
    missing = [name for name in transforms if not (VECTORS / f"{name}.vec").is_file()]
    registry = REGISTRY.relative_to(ROOT)
    errors = [f"{registry}:0: `{name}` has no vectors; got none; want tests/vectors/{name}.vec"
              for name in missing]
    paths = sorted(VECTORS.glob("*.vec"))
    errors += check_example()
    for path in paths:
        errors += check_file(path)
    fine = f"vectors: {len(paths)} files, every number follows from its block"
    print("\n".join(errors) if errors else fine)
    return 1 if errors else 0


SELF_TEST = """# a comment
name    plain descent
chain   lr(0.1)
from    by hand
tol     2 ulp
p       1 -2
g       1 0 ; 0.5 0
p'      0.9 -2 ;
        0.85 -2
how     for g in grads:
          p = [a - D("0.1") * b for a, b in zip(p, g)]

          yield p
"""
SELF_TEST_FAULTS = [
    ("0.85 -2", "0.8500000000000001 -2",
     "row 2, element 1: another number; got 0.8500000000000001; want 0.85"),
    ("0.9 -2 ;", "0.9 -2", "rows of [4]"),
    ("0.9 -2 ;", "x -2 ;", "no number"),
    ("name ", "nome ", "unknown key"),
    ("p       1 -2", "shape   3\np       1 -2", "another number of elements"),
    ("tol     2 ulp\n", "", "no `tol`"),
    ("tol     2 ulp", "tol     loose", "no tolerance"),
    ("from    by hand", "from    by hand\nfrom    twice", "given twice"),
    ("from    by hand\ntol     2 ulp", "tol     2 ulp\nfrom    by hand", "out of order"),
    ("yield p", "yield p[:1]", "2 rows of [1]"),
    ("yield p", "yield [0.5, 0.5]", "a float lost the digits"),
    ("yield p", "yield q", "NameError"),
    ("chain   lr(0.1)", "chain   scale(0.1)", "no case about the file's name"),
]


def self_test() -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "lr.vec"
        path.write_text(SELF_TEST + "---\n" + SELF_TEST)
        assert not check_file(path), check_file(path)
        for old, new, want in SELF_TEST_FAULTS:
            assert old in SELF_TEST, old
            path.write_text(SELF_TEST.replace(old, new))
            errors = check_file(path)
            assert errors and want in errors[0], f"{new!r}: want {want}, got {errors}"
        for results in ("p'      0.9 -2 ;\n        0.85 -2\n", ""):
            path.write_text(SELF_TEST.replace("p'      0.9 -2 ;\n        0.85 -2\n", results))
            write_file(path)
            assert path.read_text() == SELF_TEST, path.read_text()
    with decimal.localcontext() as context:
        context.prec = DIGITS
        assert abs(cos(PI / 3) - Decimal("0.5")) < Decimal("1e-48"), cos(PI / 3)
    print("vectors: self-test passed")


def main(arguments: list[str]) -> int:
    if arguments == ["--self-test"]:
        self_test()
        return 0
    if len(arguments) == 2 and arguments[0] == "--write":
        try:
            write_file(Path(arguments[1]))
        except Fault as error:
            print(f"{arguments[1]}:{error}", file=sys.stderr)
            return 1
        return 0
    if len(arguments) == 2 and arguments[0] == "--check":
        errors = check_file(Path(arguments[1]))
        if errors:
            print("\n".join(errors))
        return 1 if errors else 0
    if len(arguments) == 2 and arguments[0] == "--long":
        try:
            cases = read_cases(Path(arguments[1]).read_text())
            print("".join(long_run(case) for case in cases if has_long_run(case)), end="")
        except Fault as error:
            print(f"{arguments[1]}:{error}", file=sys.stderr)
            return 1
        return 0
    if arguments:
        print(__doc__, file=sys.stderr)
        return 2
    return check_tree()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
