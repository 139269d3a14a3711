"""The optimizers of torch as chains: what their options, flags and state are called here."""

from __future__ import annotations

from dataclasses import dataclass, field

import torch

from ._chain_text import Link
from ._library import UsageError
from ._torch_groups import Dial, Plan, concatenated, number

Place = tuple[str, "int | None"]  # a key of a group, and the index in its tuple


@dataclass(frozen=True)
class Rule:
    """A class of torch.optim."""

    name: str                      # of the transform
    numbers: dict[str, Place]      # option -> where the group has it; may change
    flags: dict[str, str] = field(default_factory=dict)      # option -> key of the group; may not
    state: dict[str, str] = field(default_factory=dict)      # torch's name -> transform.stream
    decay: str | None = "coupled"  # coupled, decoupled, either (the group says), or None
    steps: bool = True             # whether its state has `step`


_MOMENTS = {"exp_avg": "m", "exp_avg_sq": "v"}
_BETAS: dict[str, Place] = {"beta1": ("betas", 0), "beta2": ("betas", 1), "eps": ("eps", None)}


def _adam(name: str, decay: str, state=(), numbers=(), flags=()) -> Rule:
    streams = {**_MOMENTS, **dict(state)}
    return Rule(name, {**_BETAS, **dict(numbers)}, dict(flags),
                {key: f"{name}.{stream}" for key, stream in streams.items()}, decay)


_AMSGRAD = {"state": {"max_exp_avg_sq": "vmax"}, "flags": {"amsgrad": "amsgrad"}}

RULES = {
    "SGD": Rule("momentum", {"mu": ("momentum", None), "dampening": ("dampening", None)}, {"nesterov": "nesterov"},
                {"momentum_buffer": "momentum.b"}, steps=False),
    "Adam": _adam("adam", "either", **_AMSGRAD),
    "AdamW": _adam("adam", "decoupled", **_AMSGRAD),
    "NAdam": _adam("nadam", "either", {"mu_product": "mu_product"}, {"momentum_decay": ("momentum_decay", None)}),
    "RAdam": _adam("radam", "either"),
    "Adamax": Rule("adamax", _BETAS, {}, {"exp_avg": "adamax.m", "exp_inf": "adamax.n"}),
    "Adadelta": Rule("adadelta", {"rho": ("rho", None), "eps": ("eps", None)}, {},
                     {"square_avg": "adadelta.v", "acc_delta": "adadelta.a"}),
    "Adagrad": Rule("adagrad", {"lr_decay": ("lr_decay", None), "eps": ("eps", None)},
                    {"initial_accumulator": "initial_accumulator_value"}, {"sum": "adagrad.s"}),
    "RMSprop": Rule("rmsprop", {"alpha": ("alpha", None), "eps": ("eps", None), "momentum": ("momentum", None)},
                    {"centered": "centered"},
                    {"square_avg": "rmsprop.v", "grad_avg": "rmsprop.m", "momentum_buffer": "rmsprop.b"}),
    "Rprop": Rule("rprop", {"eta_minus": ("etas", 0), "eta_plus": ("etas", 1), "step_min": ("step_sizes", 0),
                            "step_max": ("step_sizes", 1)}, {},
                  {"prev": "rprop.l", "step_size": "rprop.s"}, decay=None),
    "ASGD": Rule("asgd", {"lambda": ("lambd", None), "power": ("alpha", None)}, {}, {"ax": "average.a"}),
}
_WITH_DIALECT = ("adam", "nadam", "radam", "adamax", "adadelta", "adagrad", "rmsprop", "momentum")


def _text(value) -> str:
    return str(value).lower() if isinstance(value, bool) else repr(number(value))


def _at(group: dict, place: Place):
    key, index = place
    value = group[key]
    return value if index is None else value[index]


class TorchChain:
    """What an optimizer of torch does, as a chain: its groups keep torch's keys."""

    def __init__(self, cls: str, defaults: dict):
        if cls not in RULES:
            raise UsageError(f"from_torch: an optimizer that has no chain here; got {cls}; want one of {', '.join(RULES)}")
        self.cls, self.rule, self._defaults = cls, RULES[cls], dict(defaults)
        self.keys = {stream: key for key, stream in self.rule.state.items()}
        self.lags = cls == "ASGD"  # torch's ASGD steps with the rate of a parameter's step before

    def defaults(self) -> dict:
        return dict(self._defaults)

    def check(self, group: dict) -> None:
        for key in ("differentiable", "capturable"):
            if group.get(key):
                raise UsageError(f"from_torch: {key} is not supported; got {key}=True; want False")

    def _decoupled(self, group: dict) -> bool:
        return self.rule.decay == "decoupled" or bool(
            self.rule.decay == "either" and group.get("decoupled_weight_decay", False))

    def _links(self, group: dict) -> list[Link]:
        rule, links = self.rule, []
        if group.get("maximize"):
            links.append(Link("maximize"))
        options = {option: _text(_at(group, place)) for option, place in rule.numbers.items()}
        options |= {option: _text(_at(group, (key, None))) for option, key in rule.flags.items()}
        if rule.name in _WITH_DIALECT:
            options["dialect"] = "torch"
        if rule.name == "rmsprop" and not group["momentum"]:
            del options["momentum"]
        decay = Link("decay", {"rate": _text(group["weight_decay"])}) if rule.decay else None
        core = [] if rule.name == "momentum" and not group["momentum"] else [Link(rule.name, options)]
        if decay is not None:
            core.insert(len(core) if self._decoupled(group) else 0, decay)
        links += [*core, Link("lr", {"value": _text(group["lr"])})]
        if self.lags:
            links.append(Link("average", {"form": "mean", "start": str(self._start(group))}))
        return links

    @staticmethod
    def _start(group: dict) -> int:
        start = number(group["t0"]) + 1
        if start != int(start) or start < 0:
            raise UsageError(f"from_torch: t0 of ASGD; got {group['t0']}; want a whole number of updates")
        return int(start)

    def _fixed(self, group: dict) -> dict:
        keys = [*self.rule.flags.values(), "maximize", "decoupled_weight_decay", "t0"]
        return {key: group[key] for key in keys if key in group}

    def _dials(self, group: dict, called: dict[str, str]) -> list[Dial]:
        dials = [Dial("lr", None, [(called["lr"] + ".value", 1.0)], number(group["lr"]))]
        if self.rule.decay:
            dials.append(Dial("weight_decay", None, [(called["decay"] + ".rate", 1.0)], number(group["weight_decay"])))
        there = called.get(self.rule.name)
        for option, place in self.rule.numbers.items():
            free = there is not None and not (option == "momentum" and not group["momentum"])
            dials.append(Dial(*place, [(f"{there}.{option}", 1.0)] if free else [], number(_at(group, place))))
        return dials

    def plan(self, groups: list[dict], names: list[list[str]], _selected) -> Plan:
        chains = [self._links(group) for group in groups]
        text, called = concatenated(chains, names)
        return Plan(text, [self._dials(group, of) if of else [] for group, of in zip(groups, called)],
                    [self._fixed(group) for group in groups])


def of_optimizer(optimizer: torch.optim.Optimizer) -> TorchChain:
    """The chain of one of torch's own optimizers. Raises UsageError for others, and for classes derived from them."""
    cls = type(optimizer)
    if getattr(torch.optim, cls.__name__, None) is not cls:
        raise UsageError(f"from_torch: not one of torch's own optimizers; got {cls.__module__}.{cls.__qualname__}; want "
                         f"one of {', '.join(RULES)}")
    return TorchChain(cls.__name__, optimizer.defaults)


def rate_from_eta(eta: float, lambd: float, alpha: float, step: float) -> float:
    """The rate of which ASGD's eta = rate / (1 + lambd rate step)^alpha was made."""
    rate = eta
    for _ in range(100):
        inside = 1.0 + lambd * rate * step
        excess = rate / inside**alpha - eta
        slope = (inside - alpha * lambd * rate * step) / inside ** (alpha + 1.0)
        following = rate - excess / slope
        if following == rate or slope <= 0.0:
            break
        rate = following
    return rate
