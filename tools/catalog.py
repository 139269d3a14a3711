#!/usr/bin/env python3
"""Writes the catalogue: everything that can be named in a text, from what the tool lists.

Usage: tools/catalog.py TOOL > catalog.md
"""

import json
import subprocess
import sys

TITLES = {
    "transforms": "Transforms",
    "recipes": "Recipes",
    "schedules": "Schedules",
    "losses": "Losses and their terms",
    "layers": "Layers",
    "data": "Data sources",
    "augmentations": "Augmentations",
    "problems": "Problems",
}


def option_row(option: dict) -> str:
    kind = option.get("choices") or option["type"]
    default = "required" if option["required"] else option["default"] or "none"
    cells = [f"`{option['name']}`", kind, f"`{default}`" if option["default"] else default, option["doc"]]
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def entry_text(kind: str, entry: dict) -> str:
    out = [f"### {entry['name']}", "", entry["doc"] + "."]
    if entry["source"]:
        out += ["", f"Source: {entry['source']}."]
    if entry["formula"]:
        out += ["", "```", entry["formula"], *([entry["letters"]] if entry.get("letters") else []), "```"]
    if entry.get("expansion"):
        out += ["", f"Stands for `{entry['expansion']}`."]
    if entry.get("elsewhere"):
        out += ["", f"Elsewhere: {entry['elsewhere']}."]
    if entry.get("example"):
        out += ["", "```", entry["example"], "```"]
    for one in entry.get("differences", []):
        out += ["", f"Beside `{one['from']}`: {one['how']}."]
    for line in entry.get("dialects", []):
        dialect, changes = line.split(": ", 1)
        out += ["", f"`dialect={dialect}`: {changes}."]
    if entry["options"]:
        out += ["", "| option | takes | default | what |", "|---|---|---|---|"]
        out += [option_row(option) for option in entry["options"]]
    return "\n".join(out) + "\n"


def main() -> int:
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    listed = json.loads(subprocess.run([sys.argv[1], "list", "--json"], capture_output=True, text=True, check=True).stdout)
    print("# Catalogue\n\nEverything that can be named in a text, as `thalweg list` tells it.\n")
    for kind, title in TITLES.items():
        entries = listed.get(kind, [])
        print(f"- [{title}](#{title.lower().replace(' ', '-')}): " + ", ".join(f"`{e['name']}`" for e in entries))
    for kind, title in TITLES.items():
        print(f"\n## {title}\n")
        for entry in listed.get(kind, []):
            print(entry_text(kind, entry))
    return 0


if __name__ == "__main__":
    sys.exit(main())
