#!/usr/bin/env python3
"""Typesets the formulas that `thalweg help` prints, by rule: Greek letters, arrows, roots, indices and powers. Columns
that spaces make in the text stay columns.

Usage: tools/docs/formula.py --self-test
"""

import html
import re
import sys

GREEK = {"alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ", "eps": "ε", "eta": "η", "lambda": "λ", "mu": "μ",
         "pi": "π", "rho": "ρ", "sigma": "σ", "tau": "τ", "theta": "θ"}
WIDTH = 0.75  # of a letter in print, as a share of a digit's
OPERATORS = {"<-": "←", "->": "→", "<=": "≤", ">=": "≥", "+-": "±", "*": "·", "-": "−"}

TOKEN = re.compile(
    r"(?P<source>arXiv:[\w./-]+\d|doi:[^\s;,]*\w)"
    r"|`(?P<code>[^`]+)`"
    r"|(?P<root>sqrt(?=\())"
    r"|(?P<sum>sum_(?P<over>[a-z]))"
    r"|\^(?P<power>[a-z]*\((?:[^()]|\([^()]*\))*\)|-?\w+(?:\.\d+)?)"
    r"|(?P<letter>(?<!\w)(?:" + "|".join(GREEK) + r"|[A-Za-z])(?:(?P<digit>\d)|_(?P<index>(?:[a-z0-9]|root)(?:\+1)?))?)"
    r"(?!\w|['.-]\w\w)"
    r"|(?P<word>[A-Za-z][\w'.-]*\w|\d[\w.]*(?:e-?\d+)?)"
    r"|(?P<operator><-|->|<=|>=|\+-|(?<= )\*(?= )|(?<![\w)])-(?=[\w(])|(?<= )-(?= ))"
    r"|(?P<other>.)")


def link(source: str) -> str:
    """The address of arXiv:... or doi:..."""
    kind, name = source.split(":", 1)
    return ("https://arxiv.org/abs/" if kind == "arXiv" else "https://doi.org/") + name


def typeset_letter(match: re.Match, line: str) -> str:
    letter = match["letter"]
    name = re.split(r"[_\d]", letter)[0]
    is_article = letter in ("a", "A") and re.match(r" [a-z]{2,}", line[match.end():])
    if is_article or (letter == "I"):
        return letter
    index = match["digit"] or match["index"]
    return f"<i>{GREEK.get(name, name)}</i>" + (f"<sub>{index}</sub>" if index else "")


def typeset_match(match: re.Match, line: str) -> str:
    if match["source"]:
        return f'<a href="{html.escape(link(match["source"]))}">{html.escape(match["source"])}</a>'
    if match["code"]:
        return f"<code>{html.escape(match['code'])}</code>"
    if match["root"]:
        return "√"
    if match["sum"]:
        return f"Σ<sub>{match['over']}</sub>"
    if match["power"]:
        power = match["power"]
        return f"<sup>{typeset_chunk(power[1:-1] if power[0] == '(' else power)}</sup>"
    if match["letter"]:
        return typeset_letter(match, line)
    if match["operator"]:
        return OPERATORS[match["operator"]]
    return re.sub(r"_([a-z])$", r"<sub>\1</sub>", html.escape(match["word"] or match["other"]))


def typeset_chunk(text: str) -> str:
    return "".join(typeset_match(match, text) for match in TOKEN.finditer(text))


def typeset_line(line: str) -> str:
    """Chunks that two or more spaces part begin where they begin in the text, or later."""
    out = []
    for chunk in re.finditer(r"(?P<text>\S+(?: \S+)*)?(?P<gap>  +|\s*$)", line):
        if not chunk.group():
            continue
        text = typeset_chunk(chunk["text"] or "")
        width = len(chunk.group()) if chunk["gap"] else 0
        out.append(f'<b style="min-width:{WIDTH * width:g}ch">{text}</b>' if width else text)
    return f"<span>{''.join(out)}</span>"


def typeset(formula: str) -> str:
    """HTML for a formula of several lines."""
    return '<pre class="formula">' + "".join(map(typeset_line, formula.split("\n"))) + "</pre>"


def self_test() -> None:
    cases = {
        "m <- beta1 m + (1 - beta1) g": "<i>m</i> ← <i>β</i><sub>1</sub> <i>m</i> + (1 − <i>β</i><sub>1</sub>) <i>g</i>",
        "sqrt(v / c2 + eps_root)": "√(<i>v</i> / <i>c</i><sub>2</sub> + <i>ε</i><sub>root</sub>)",
        "1 - beta1^t": "1 − <i>β</i><sub>1</sub><sup><i>t</i></sup>",
        "(g - m)^2": "(<i>g</i> − <i>m</i>)<sup>2</sup>",
        "a gradient of weight 0": "a gradient of weight 0",
        "a g + b p": "<i>a</i> <i>g</i> + <i>b</i> <i>p</i>",
        "bias_correction, amsgrad_form": "bias_correction, amsgrad_form",
        "1 <= k": "1 ≤ <i>k</i>",
        "2^(i - 1)": "2<sup><i>i</i> − 1</sup>",
        "g^floor((k - 1) / n)": "<i>g</i><sup>floor((<i>k</i> − 1) / <i>n</i>)</sup>",
        "x_i+1 of f32": "<i>x</i><sub>i+1</sub> of f32",
        "1e-8 < x & y": "1e-8 &lt; <i>x</i> &amp; <i>y</i>",
        "(arXiv:1904.09237)": '(<a href="https://arxiv.org/abs/1904.09237">arXiv:1904.09237</a>)',
        "moving-average": "moving-average",
        "`most` of m": "<code>most</code> of <i>m</i>",
        "the group's one": "the group&#x27;s one",
    }
    for text, want in cases.items():
        got = typeset_chunk(text)
        assert got == want, f"{text!r}: got {got}; want {want}"
    assert typeset_line("x = 1   k < 2") == '<span><b style="min-width:6ch"><i>x</i> = 1</b><i>k</i> &lt; 2</span>'
    assert typeset_line("   x") == '<span><b style="min-width:2.25ch"></b><i>x</i></span>'
    print("formula: self-test passed")


if __name__ == "__main__":
    if sys.argv[1:] != ["--self-test"]:
        sys.exit(__doc__)
    self_test()
