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
    doc = cell(option["doc"]) + (f" (elsewhere: {', '.join(map(code, option['elsewhere'].split(', ')))})" if option.get("elsewhere") else "")
    return f"| `{option['name']}` | {doc} | {takes} | {range_of(option)} | {default} |"


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


def example_of(tool: Tool, section: str, entry: dict) -> list[str]:
    name = entry["name"]
    if section in ("rules", "recipes", "transforms", "gates"):
        chain = (pictures.chain_of(tool, name) or name).replace("{lr}", "0.001")
        return shown(tool, ["explain", chain])
    if section == "schedules":
        texts = pictures.SCHEDULES.get(name, f"{name}(1)").split("; ")[0]
        return shown(tool, ["schedule", texts, "--total", pictures.TOTAL, "--points", "0,1,125,250,499,500"])
    if section == "problems":
        return shown(tool, ["descend", name, "--optimizer", "adam(lr=0.1)", "--steps", "300"])
    command = entry.get("example", "")
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


def near_section(entry: dict, near: dict[str, str]) -> list[str]:
    """What tells it from its neighbours, and links to others; `near`: name -> page."""
    told = {one["from"]: one["how"] for one in entry.get("differences", [])}
    rows = [f"- [{name}]({near[name]}): {cell(how)}." if name in near else f"- {name}: {cell(how)}." for name, how in told.items()]
    others = ", ".join(f"[{name}]({page})" for name, page in near.items() if name not in told)
    return ["## Near it", "", *rows, *([""] if rows and others else []), *([others + "."] if others else []), ""]


def entry_page(tool: Tool, section: str, entry: dict, near: dict[str, str]) -> str:
    name = entry["name"]
    lines = [f"# {name}", "", sentence(entry["doc"]), ""]
    if entry.get("expansion"):
        lines += [f"It stands for `{entry['expansion']}`, where `$*` are the options that are the rule's own.", ""]
    if entry["formula"]:
        lines += fenced("formula", "", *[part for part in (entry["formula"], entry.get("letters")) if part])
    lines += [f"Elsewhere: {', '.join(map(code, entry['elsewhere'].split(', ')))}.", ""] if entry.get("elsewhere") else []
    facts = [f"Source: {linked(entry['source'])}."] if entry["source"] else []
    if entry.get("state"):
        variants = [variant.strip() for variant in entry["state"].split(";")]
        facts.append("State for each parameter: " + ", or ".join(code(variant) if variant else "none" for variant in variants) + ".")
    lines += [" ".join(facts), ""] if facts else []
    lines += picture_of(tool, section, entry)
    example = example_of(tool, section, entry)
    lines += ["## Example", "", *example] if example else []
    lines += ways(tool, name) if section in ("rules", "recipes", "transforms", "gates") else []
    lines += ["## Options", "", *options_table(entry["options"]), ""]
    lines += ["## Dialects", "", *dialects_table(entry["dialects"]), ""] if entry.get("dialects") else []
    lines += near_section(entry, near) if near or entry.get("differences") else []
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
    """What pictures.py chooses for a name that is gone would never be seen."""
    names = {f"{section}/{entry['name']}" for section, entries in sections.items() for entry in entries}
    chains = {name.split("/")[1] for name in names if name.split("/")[0] in ("rules", "recipes", "transforms", "gates")}
    gone = sorted((set(pictures.CHAINS) | pictures.UNSEEN) - chains)
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
            told = {one["from"] for one in entry.get("differences", [])}
            near = [other for _, other in of_kind if other["name"] in told]
            near += [other for other in neighbours(entry, [other for _, other in of_kind]) if other["name"] not in told]
            links = {other["name"]: places[id(other)] for other in near}
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
    entry = {"differences": [{"from": "b", "how": "larger"}]}
    assert near_section(entry, {"b": "b.md", "a": "a.md"}) == ["## Near it", "", "- [b](b.md): larger.", "", "[a](a.md).", ""]
    print("pages: self-test passed")


if __name__ == "__main__":
    if sys.argv[1:] != ["--self-test"]:
        sys.exit(__doc__)
    self_test()
