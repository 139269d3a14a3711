#!/usr/bin/env python3
"""The pages of the catalogue: one for everything that `thalweg list` names, one for every command.

Usage: tools/docs/pages.py --self-test
"""

import difflib
import re
import shlex
import sys
from pathlib import Path

import pictures
from formula import link
from tool import Tool

# Sections with their title and what stands at their head; the parts of one section have titles too.
SECTIONS = {
    "rules": ("Rules", "What turns a gradient into an update. A rule has no rate of its own: `adam(lr=1e-3)` is "
                       "`adam | lr(1e-3)`."),
    "recipes": ("Recipes", "Names for chains. `explain` and every printed chain show what they stand for."),
    "transforms": ("Transforms", "What stands before and after a rule; [the place decides what it means](../../concepts/chains.md)."),
    "gates": ("Gates", "What stands at the left end of a chain and decides whether a step runs."),
    "schedules": ("Schedules", "Numbers as functions of the updates done. Any number of a chain may be one."),
    "losses": ("Losses", "What is minimised, and the terms that may follow it after a bar."),
    "layers": ("Layers", "What `--model` and `Module` are written with."),
    "data": ("Data sources", "What `--data` and `load_dataset` read. [What is inferred](../../reference/data.md)."),
    "augmentations": ("Augmentations", "What is done to the samples of a batch in training, behind a data source. "
                                       "[When and how](../../reference/data.md)."),
    "problems": ("Problems", "Functions with known minima, for `descend` and `landscape`."),
}
PARTS = {"affine": "Linear", "element": "On each element", "gather": "By norms and sums", "landing": "On the new parameters"}

EXAMPLES = {
    "layers": "thalweg train --model \"dense(64) | {name} | dense(10)\"",
    "layers/dense": "thalweg train --model \"dense(64) | relu | dense(10)\"",
    "layers/group_norm": "thalweg train --model \"dense(64) | group_norm(8) | dense(10)\"",
    "layers/batch_norm": "thalweg train --model \"conv2d(16, 3, padding=1, bias=false) | batch_norm | relu | flatten | dense(10)\"",
    "layers/conv2d": "thalweg train --model \"conv2d(32, 3, padding=1) | relu | max_pool(2) | flatten | dense(10)\"",
    "layers/conv1d": "thalweg train --model \"reshape([1, 64]) | conv1d(16, 5, padding=same) | relu | max_pool1d(2) | flatten | dense(10)\"",
    "layers/depthwise_conv2d": "thalweg train --model \"conv2d(16, 3, padding=1) | relu | depthwise_conv2d(3, padding=1) | conv2d(32, 1) | relu | global_pool | dense(10)\"",
    "layers/max_pool": "thalweg train --model \"conv2d(16, 3) | relu | max_pool(2) | flatten | dense(10)\"",
    "layers/max_pool1d": "thalweg train --model \"reshape([1, 64]) | conv1d(8, 3) | relu | max_pool1d(2) | flatten | dense(10)\"",
    "layers/avg_pool": "thalweg train --model \"conv2d(16, 3) | relu | avg_pool(2) | flatten | dense(10)\"",
    "layers/avg_pool1d": "thalweg train --model \"reshape([1, 64]) | conv1d(8, 3) | relu | avg_pool1d(2) | flatten | dense(10)\"",
    "layers/global_pool": "thalweg train --model \"conv2d(32, 3) | relu | conv2d(32, 3) | relu | global_pool | dense(10)\"",
    "layers/flatten": "thalweg train --model \"conv2d(16, 3) | relu | flatten | dense(10)\"",
    "layers/reshape": "thalweg train --model \"reshape([1, 8, 8]) | conv2d(16, 3) | relu | flatten | dense(10)\"",
    "layers/residual": "thalweg train --model \"conv2d(16, 3, padding=1) | residual(conv2d(16, 3, padding=1) | relu | conv2d(16, 3, padding=1)) | relu | flatten | dense(10)\"",
    "layers/repeat": "thalweg train --model \"dense(64) | repeat(3, residual(dense(64) | relu)) | dense(10)\"",
    "layers/softmax": "thalweg train --model \"dense(10) | softmax\" --loss mse",
    "losses": "thalweg train --loss {name}",
    "losses/bce": "thalweg train --data \"csv(mail.csv, target=spam)\" --loss bce",
    "losses/cosine_embedding": "thalweg train --data \"csv(pairs.csv, target=alike)\" --model \"dense(32)\" --loss cosine_embedding",
    "losses/gaussian_nll": "thalweg train --data \"csv(train.csv, target=price)\" --model \"dense(64) | relu | dense(2)\" --loss gaussian_nll",
    "losses/hinge_embedding": "thalweg train --data \"csv(pairs.csv, target=alike)\" --model \"dense(16) | relu | dense(1)\" --loss hinge_embedding",
    "losses/kl_div": "thalweg train --data \"npz(soft.npz, task=regress, target_scale=none)\" --model \"dense(64) | relu | dense(10) | log_softmax\" "
                     "--loss kl_div",
    "losses/nll": "thalweg train --data \"npz(mnist.npz)\" --model \"dense(64) | relu | dense(10) | log_softmax\" --loss nll",
    "losses/poisson_nll": "thalweg train --data \"csv(visits.csv, target=count, task=regress, target_scale=none)\" --loss poisson_nll",
    "losses/quantile": "thalweg train --data \"csv(train.csv, target=price)\" --loss \"quantile(0.9)\"",
    "losses/triplet_margin": "thalweg train --data \"csv(triples.csv)\" --model \"dense(30)\" --loss triplet_margin",
    "losses/l1": "thalweg train --loss \"cross_entropy | l1(1e-4, on=weight)\"",
    "losses/l2": "thalweg train --loss \"cross_entropy | l2(1e-4, on=weight)\"",
    "losses/elastic": "thalweg train --loss \"cross_entropy | elastic(1e-4, on=weight)\"",
    "data/digits": "thalweg train --data digits",
    "data/idx": "thalweg train --data \"idx(mnist)\" --model \"dense(256) | relu | dense(10)\"",
    "data/images": "thalweg train --data \"images(photos, size=[32, 32])\" --model \"dense(256) | relu | dense(10)\"",
    "data/csv": "thalweg train --data \"csv(train.csv, target=price)\"",
    "data/libsvm": "thalweg train --data \"libsvm(agaricus.txt)\"",
    "data/npy": "thalweg train --data \"npy(x.npy, targets=y.npy)\"",
    "data/npz": "thalweg train --data \"npz(mnist.npz)\"",
    "data/safetensors": "thalweg train --data \"safetensors(mnist.safetensors)\"",
    "data/drift": "thalweg train --data \"drift(2000)\" --model \"dense(1)\" --order file --batch 1 --epochs 1",
    "data/switch": "thalweg train --data \"switch(500)\" --model \"dense(1)\" --order file --batch 1 --epochs 1",
    "augmentations": "thalweg train --data \"digits | {name}\"",
    "augmentations/crop": "thalweg train --data \"digits | crop(padding=1)\"",
    "augmentations/shift": "thalweg train --data \"digits | shift(1)\"",
    "augmentations/noise": "thalweg train --data \"digits | noise(0.1)\"",
    "augmentations/cutout": "thalweg train --data \"digits | cutout(3)\"",
}
NEEDS_A_FILE = re.compile(r"\b(?:idx|images|csv|libsvm|npy|npz|safetensors)\(")


def section_of(tool: Tool, kind: str, entry: dict) -> str:
    if kind != "transforms":
        return kind
    if entry["scope"] == "gate":
        return "gates"
    return "rules" if pictures.is_rule(tool, entry["name"]) else "transforms"


def linked(source: str) -> str:
    """A source whose arXiv: and doi: are links."""
    return re.sub(r"(arXiv|doi):[^\s,;]*\w", lambda match: f"[{match[0]}](<{link(match[0])}>)", source)


def cell(text: str) -> str:
    return text.replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;").replace("*", "\\*").replace("\n", " ")


def code(text: str) -> str:
    """In a table."""
    return "`" + text.replace("|", "\\|") + "`"


def sentence(doc: str) -> str:
    return cell(doc[0].upper() + doc[1:].rstrip(".") + ".")


def range_of(option: dict) -> str:
    low, high = option["min"], option["max"]
    span = f"{low:g} to {high:g}" if low is not None and high is not None else \
        f"from {low:g}" if low is not None else f"to {high:g}" if high is not None else ""
    return ", ".join(part for part in (span, option["unit"]) if part)


def option_row(option: dict) -> str:
    takes = ", ".join(code(word) for word in option["choices"].split("|")) if option.get("choices") else ""
    if option["type"] != "choice":
        takes += (" or " if takes else "") + option["type"].replace("|", " or ")
    default = "**required**" if option["required"] else code(option["default"]) if option["default"] else "none"
    return f"| `{option['name']}` | {cell(option['doc'])} | {takes} | {range_of(option)} | {default} |"


def options_table(options: list[dict]) -> list[str]:
    if not options:
        return ["It takes no options."]
    return ["| option | what | takes | range and unit | default |", "|---|---|---|---|---|", *map(option_row, options)]


def dialects_table(lines: list[str]) -> list[str]:
    rows = [line.split(": ", 1) for line in lines]
    changes = [", ".join(code(change) for change in re.split(r", (?=\w+=)", what)) for _, what in rows]
    return ["Where libraries disagree, `dialect=` sets the options that are not given:", "", "| dialect | sets |", "|---|---|",
            *(f"| `dialect={name}` | {what} |" for (name, _), what in zip(rows, changes))]


def fenced(name: str, argument: str, *content: str, fence: str = "```") -> list[str]:
    return [f"{fence}{{{name}}} {argument}".rstrip(), *content, fence, ""]


def ways(tool: Tool, name: str) -> list[str]:
    drawn = pictures.paths(tool, name)
    if not drawn:
        return []
    figures = []
    for ground, steps, start, chains in drawn:
        figures += fenced("picture", f'landscape "{ground}" --paths "{chains}" --steps {steps} --start "{start}"', ":command:")
    return ["## Its way", "", "Over a curved valley and over a bowl that is thirty times as steep in one direction as in the other, "
            f"each chain at the rate, of {', '.join(map(pictures.number, pictures.RATES))}, that ends lowest without wandering "
            "about.", "", *fenced("container", "pair", *figures, fence="````")]


def shown(tool: Tool, words: list[str]) -> list[str]:
    """A command with what it prints; nothing where the tool refuses it, as it does what needs options that nobody chose."""
    command = " ".join(f'"{word}"' if re.search(r"[^\w,.:=-]", word) else word for word in words)
    return fenced("shown", "", f"thalweg {command}") if tool.answers(*words) else []


def example_of(tool: Tool, section: str, name: str) -> list[str]:
    if section in ("rules", "recipes", "transforms", "gates"):
        chain = (pictures.chain_of(tool, name) or name).replace("{lr}", "0.001")
        return shown(tool, ["explain", chain])
    if section == "schedules":
        texts = pictures.SCHEDULES.get(name, f"{name}(1)").split("; ")[0]
        return shown(tool, ["schedule", texts, "--total", pictures.TOTAL, "--points", "0,1,125,250,499,500"])
    if section == "problems":
        return shown(tool, ["descend", name, "--optimizer", "adam(lr=0.1)", "--steps", "300"])
    command = (EXAMPLES.get(f"{section}/{name}") or EXAMPLES.get(section, "")).format(name=name)
    if command and not NEEDS_A_FILE.search(command):
        tool.text(*shlex.split(command)[1:], "--dry-run")  # raises where the tool refuses it
    return ["```console", "$ " + command, "```", ""] if command else []


def picture_of(tool: Tool, section: str, entry: dict) -> list[str]:
    name = entry["name"]
    if section == "schedules":
        texts = pictures.curves(tool, entry)
        return fenced("picture", f'schedule "{texts}" --total {pictures.TOTAL}', ":command:") if texts else []
    if section == "problems":
        chains = pictures.grounds_of(tool, entry)
        return fenced("picture", f'landscape {name} --paths "{chains}"', ":command:") if chains else []
    return []


def words_of(entry: dict) -> list[str]:
    return re.findall(r"\w+|<-|[-+*/^()]", (entry["formula"] or entry.get("expansion") or "").split("\nstate")[0])


def mentions(entry: dict, name: str) -> bool:
    text = " ".join(str(entry.get(key) or "") for key in ("doc", "formula", "expansion"))
    return re.search(rf"\b{name}\b", text, re.IGNORECASE) is not None


def neighbours(entry: dict, others: list[dict], most: int = 5) -> list[dict]:
    """Those that mention it or that it mentions, and those of the most similar formula."""
    def nearness(other: dict) -> float:
        told = mentions(entry, other["name"]) + mentions(other, entry["name"])
        return told + difflib.SequenceMatcher(None, words_of(entry), words_of(other), autojunk=False).ratio()

    return sorted((other for other in others if other is not entry), key=nearness, reverse=True)[:most]


def entry_page(tool: Tool, section: str, entry: dict, near: list[str]) -> str:
    name = entry["name"]
    lines = [f"# {name}", "", sentence(entry["doc"]), ""]
    if entry.get("expansion"):
        lines += [f"It stands for `{entry['expansion']}`, where `$*` are the options that are the rule's own.", ""]
    if entry["formula"]:
        lines += fenced("formula", "", entry["formula"])
    facts = [f"Source: {linked(entry['source'])}."] if entry["source"] else []
    if entry.get("state"):
        variants = [variant.strip() for variant in entry["state"].split(";")]
        facts.append("State for each parameter: " + ", or ".join(code(variant) if variant else "none" for variant in variants) + ".")
    lines += [" ".join(facts), ""] if facts else []
    lines += picture_of(tool, section, entry)
    example = example_of(tool, section, name)
    lines += ["## Example", "", *example] if example else []
    lines += ways(tool, name) if section in ("rules", "recipes", "transforms", "gates") else []
    lines += ["## Options", "", *options_table(entry["options"]), ""]
    lines += ["## Dialects", "", *dialects_table(entry["dialects"]), ""] if entry.get("dialects") else []
    lines += ["## Near it", "", ", ".join(near) + ".", ""] if near else []
    return "\n".join(lines)


def table_of(entries: list[dict]) -> list[str]:
    rows = [f"| [{entry['name']}]({entry['name']}.md) | {cell(entry['doc'])} | {linked(entry['source'] or '')} |" for entry in entries]
    return ["| name | what | source |", "|---|---|---|", *rows, ""]


def section_page(section: str, entries: list[dict]) -> str:
    title, about = SECTIONS[section]
    lines = [f"# {title}", "", about, ""]
    if section == "transforms":
        for scope in dict.fromkeys([*PARTS, *(entry["scope"] for entry in entries)]):
            part = PARTS.get(scope, f"On each {scope}")
            lines += [f"## {part}", "", *table_of([entry for entry in entries if entry["scope"] == scope])]
    else:
        lines += table_of(entries)
    return "\n".join([*lines, *fenced("toctree", "", ":hidden:", "", *(entry["name"] for entry in entries))])


def by_section(tool: Tool) -> dict[str, list[dict]]:
    sections: dict[str, list[dict]] = {section: [] for section in SECTIONS}
    listed = tool.json("list")
    if unknown := set(listed) - {"transforms", *SECTIONS}:
        sys.exit(f"tools/docs: kinds of `thalweg list` without a section; got {', '.join(unknown)}; want a line in SECTIONS")
    for kind, entries in listed.items():
        for entry in entries:
            sections[section_of(tool, kind, entry)].append(entry)
    return sections


def check_chosen(sections: dict[str, list[dict]]) -> None:
    """What pictures.py and EXAMPLES choose for a name that is gone would never be seen."""
    names = {f"{section}/{entry['name']}" for section, entries in sections.items() for entry in entries}
    chains = {name.split("/")[1] for name in names if name.split("/")[0] in ("rules", "recipes", "transforms", "gates")}
    gone = [name for name in EXAMPLES if "/" in name and name not in names]
    gone += sorted((set(pictures.CHAINS) | pictures.UNSEEN) - chains)
    gone += [name for name in pictures.SCHEDULES if f"schedules/{name}" not in names]
    if gone:
        sys.exit(f"tools/docs: chosen for names that are gone; got {', '.join(gone)}; want names of `thalweg list`")


def write_catalogue(tool: Tool, folder: Path) -> None:
    sections = by_section(tool)
    check_chosen(sections)
    chains = [(section, entry) for section in ("rules", "recipes", "transforms", "gates") for entry in sections[section]]
    for section, entries in sections.items():
        (folder / section).mkdir(parents=True, exist_ok=True)
        (folder / section / "index.md").write_text(section_page(section, entries))
        of_kind = chains if any(section == other for other, _ in chains) else [(section, entry) for entry in entries]
        places = {id(entry): f"../{place}/{entry['name']}.md" for place, entry in of_kind}
        for entry in entries:
            near = neighbours(entry, [other for _, other in of_kind])
            links = [f"[{other['name']}]({places[id(other)]})" for other in near]
            (folder / section / f"{entry['name']}.md").write_text(entry_page(tool, section, entry, links))


def commands_of(tool: Tool) -> list[tuple[str, str]]:
    """(name, doc) of the commands that `thalweg --help` lists."""
    block = tool.text("--help").split("Commands:\n", 1)[1].split("\n\n", 1)[0]
    joined = re.sub(r"\n {10,}", " ", block)
    return [tuple(line.split(None, 1)) for line in joined.splitlines()]


def write_commands(tool: Tool, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    commands = commands_of(tool)
    for name, doc in commands:
        text = tool.text(name, "--help").rstrip()
        (folder / f"{name}.md").write_text(f"# thalweg {name}\n\n{sentence(doc)}\n\n````text\n{text}\n````\n")
    rows = [f"| [{name}]({name}.md) | {cell(doc)} |" for name, doc in commands]
    lines = ["# Commands", "", *tool.text("--help").split("\n\n")[-1].split("\n"), "", "| command | what |", "|---|---|", *rows, "",
             *fenced("toctree", "", ":hidden:", "", *(name for name, _ in commands))]
    (folder / "index.md").write_text("\n".join(lines))


def self_test() -> None:
    option = {"name": "form", "type": "choice", "choices": "a|b", "default": "a", "required": False, "min": None, "max": None,
              "unit": None, "doc": "x | y"}
    assert option_row(option) == "| `form` | x \\| y | `a`, `b` |  | `a` |", option_row(option)
    option = {"name": "n", "type": "number|schedule", "default": None, "required": True, "min": 0, "max": None, "unit": "updates",
              "doc": "z"}
    assert option_row(option) == "| `n` | z | number or schedule | from 0, updates | **required** |", option_row(option)
    assert linked("A 2014, arXiv:1412.6980; B") == "A 2014, [arXiv:1412.6980](<https://arxiv.org/abs/1412.6980>); B"
    assert linked("doi:10.1016/0041-5553(64)90137-5") == \
        "[doi:10.1016/0041-5553(64)90137-5](<https://doi.org/10.1016/0041-5553(64)90137-5>)"
    rows = dialects_table(["keras: eps=1e-7, on=[a, b]"])
    assert rows[-1] == "| `dialect=keras` | `eps=1e-7`, `on=[a, b]` |", rows
    entries = [{"name": "a", "doc": "", "formula": "x + y"}, {"name": "b", "doc": "", "formula": "1"},
               {"name": "c", "doc": "as b", "formula": "x - y"}]
    assert [entry["name"] for entry in neighbours(entries[2], entries)] == ["b", "a"]
    print("pages: self-test passed")


if __name__ == "__main__":
    if sys.argv[1:] != ["--self-test"]:
        sys.exit(__doc__)
    self_test()
