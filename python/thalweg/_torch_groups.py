"""One chain for several groups of parameters, each with numbers of its own, as torch's param_groups have them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from ._chain_text import Link, owners, quoted, read, write
from ._library import UsageError
from ._texts import Schedule

# Keys of groups that mean a number of a rule to torch; others are the caller's.
KNOWN = ("lr", "betas", "momentum", "weight_decay", "eps", "dampening", "alpha", "rho", "lambd", "etas", "step_sizes",
         "lr_decay", "momentum_decay", "nesterov", "amsgrad", "centered", "maximize")


@dataclass
class Dial:
    """A number of a group, and the options of the chain that follow it."""

    key: str
    index: int | None          # in a tuple such as betas
    options: list[tuple[str, float]]  # name and factor; none: it cannot change
    told: float                # what the chain has been told
    schedule: Schedule | None = None

    def read(self, group: dict):
        value = group.get(self.key, self.told)
        return value if self.index is None else value[self.index]

    @property
    def name(self) -> str:
        return self.key if self.index is None else f"{self.key}[{self.index}]"


@dataclass
class Plan:
    """A chain that is to be bound to all groups."""

    text: str
    dials: list[list[Dial]]         # of each group
    fixed: list[dict] = field(default_factory=list)  # of each group: keys that decide how the chain runs


def number(value) -> float:
    """A number of a group: torch has tensors there too."""
    return float(value)


def only(names) -> str:
    """`on=` for these parameters and no others."""
    for name in names:
        if set("*?") & set(name) or name.startswith("!"):
            raise UsageError(f"`{name}`: a name that is a pattern; got several groups; want names without * and ?")
    return "[" + ", ".join(quoted(name) for name in names) + "]"


def concatenated(chains: list[list[Link]], names: list[list[str]]) -> tuple[str, list[dict[str, str]]]:
    """One chain that is chains[i] for the parameters names[i]; and what transforms of each are called in it."""
    if len(chains) > 1:
        for chain, members in zip(chains, names):
            for link in chain:
                link.options["on"] = only(members)
    kept = [(chain, members) for chain, members in zip(chains, names) if members]
    called = iter(owners([link for chain, _ in kept for link in chain]))
    renamed = [dict(zip(owners(chain), called)) if members else {} for chain, members in zip(chains, names)]
    return write(link for chain, _ in kept for link in chain), renamed


# What the numbers of a group are in a chain: key, index, and the option of a transform that it is.
def _places(link: Link) -> list[tuple[str, int | None, str]]:
    if link.name == "lr":
        return [("lr", None, "value")]
    if link.name == "decay":
        return [("weight_decay", None, "rate")]
    found: list[tuple[str, int | None, str]] = []
    if "beta1" in link.options and "beta2" in link.options:
        found += [("betas", 0, "beta1"), ("betas", 1, "beta2")]
    if link.name == "momentum":
        found.append(("momentum", None, "mu"))
    elif link.number("momentum"):
        found.append(("momentum", None, "momentum"))
    if "eps" in link.options:
        found.append(("eps", None, "eps"))
    return found


class GroupedChain:
    """A chain of the caller's on groups: lr, betas, momentum, weight_decay and eps are the groups' where the chain has
    one number for them."""

    def __init__(self, text: str):
        self.links = read(text)
        self.text = write(self.links)
        self.written = str(text)
        self._numbers: dict[tuple[str, int | None], float] = {}
        self._schedule: str | None = None
        for key in dict.fromkeys(place[:2] for link in self.links for place in _places(link)):
            self._read(key)
        if ("betas", 0) not in self._numbers or ("betas", 1) not in self._numbers:
            for index in (0, 1):
                self._numbers.pop(("betas", index), None)

    def _read(self, key: tuple[str, int | None]) -> None:
        texts = [link.options[option] for link in self.links for *place, option in _places(link) if tuple(place) == key]
        if key[0] == "lr":
            plain = [link.number("value") for link in self.links if link.name == "lr"]
            if None not in plain:
                self._numbers[key] = plain[0]
            elif len(plain) == 1:
                self._schedule = texts[0]
        elif len(set(texts)) == 1:
            try:
                self._numbers[key] = float(texts[0])
            except ValueError:
                pass  # a schedule, which stays the chain's

    def defaults(self) -> dict:
        """What torch's optimizers have in `defaults`."""
        out: dict = {key: value for (key, index), value in self._numbers.items() if index is None}
        if self._schedule is not None:
            out["lr"] = Schedule(self._schedule)(0)
        if ("betas", 0) in self._numbers:
            out["betas"] = (self._numbers["betas", 0], self._numbers["betas", 1])
        return out

    def check(self, group: dict) -> None:
        known = self.defaults()
        for key in KNOWN:
            if key in group and key not in known:
                raise UsageError(f"param_groups: the chain has no one number for it; got {key!r}; want "
                                 f"{', '.join(known) or 'none'}; write it into the chain, with on=")

    def plan(self, groups: list[dict], names: list[list[str]], selected: Callable[[str], list[set[int]]]) -> Plan:
        members, first = [], 0
        for of_group in names:
            members.append(set(range(first, first + len(of_group))))
            first += len(of_group)
        if len(groups) == 1:
            called = owners(self.links)
            dials = self._dials(list(zip(self.links, called)))
            return Plan(self.text, [dials])
        return self._split(groups, [name for of_group in names for name in of_group], members, selected(self.text))

    def _split(self, groups, names, members, selected) -> Plan:
        """Transforms whose numbers differ become one for each group, where they stand."""
        links: list[Link] = []
        touched_by: list[list[int]] = []  # groups of each
        for at, link in enumerate(self.links):
            touched = [g for g in range(len(groups)) if members[g] & selected[at]]
            if len(touched) > 1 and self._differs(link, [groups[g] for g in touched]):
                for g in touched:
                    on = only([names[i] for i in sorted(members[g] & selected[at])])
                    links.append(Link(link.name, {**link.options, "on": on}))
                    touched_by.append([g])
            else:
                links.append(link)
                touched_by.append(touched)
        called = list(zip(links, owners(links)))
        return Plan(write(links), [self._dials([one for one, of in zip(called, touched_by) if g in of])
                                   for g in range(len(groups))])

    def _differs(self, link: Link, groups: list[dict]) -> bool:
        if link.name == "lr":
            return True  # schedulers will
        for key, index, _ in _places(link):
            if (key, index) in self._numbers:
                values = {number(group[key] if index is None else group[key][index]) for group in groups}
                if len(values) > 1:
                    return True
        return False

    def _dials(self, links: list[tuple[Link, str]]) -> list[Dial]:
        found: dict[tuple[str, int | None], Dial] = {}
        for link, called in links:
            for key, index, option in _places(link):
                if key == "lr" and self._schedule is not None:
                    schedule = Schedule(self._schedule)
                    found[key, index] = Dial(key, index, [(f"{called}.{option}", 1.0)], schedule(0), schedule)
                elif (key, index) in self._numbers:
                    told = self._numbers[key, index]
                    dial = found.setdefault((key, index), Dial(key, index, [], told))
                    # Several rates of a chain keep their proportions.
                    factor = link.number(option) / told if key == "lr" and told else 1.0
                    dial.options.append((f"{called}.{option}", factor))
        return list(found.values())
