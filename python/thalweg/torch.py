"""A drop-in for torch.optim: any chain on the parameters of a torch model, moved in place on the CPU, float32 or float64.

    import thalweg.torch
    optimizer = thalweg.torch.Optimizer(model, "clip_norm(1) | adamw(lr=1e-3)")
    optimizer = thalweg.torch.Optimizer.from_torch(torch.optim.AdamW(model.parameters(), lr=1e-3))

Everything else stays as it is: zero_grad, backward, step, learning-rate schedulers, param_groups, state_dict, hooks,
gradient scalers, averaged models. Works with torch 1.13 and later.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable
from contextlib import contextmanager
from itertools import chain
from operator import is_
from typing import Any

import torch

from ._library import UsageError, encoded
from ._optimizer import Report, _flags
from ._texts import Schedule
from ._torch_engine import Engine, check
from ._torch_groups import Dial, GroupedChain, number
from ._torch_rules import TorchChain, of_optimizer
from ._torch_state import State

__all__ = ["Optimizer"]

_EMBEDDINGS = (torch.nn.Embedding, torch.nn.EmbeddingBag)


def _role(name: str | None, tensor: torch.Tensor) -> str:
    if name is not None and name.endswith("bias"):
        return "bias"
    return "weight" if tensor.dim() >= 2 else "other"


def _roles_of(model: torch.nn.Module) -> dict[torch.Tensor, str]:
    """Of embeddings and normalizations, which only their module tells."""
    out: dict[torch.Tensor, str] = {}
    for module in model.modules():
        for name, tensor in module.named_parameters(recurse=False):
            if isinstance(module, _EMBEDDINGS):
                out.setdefault(tensor, "embedding")
            elif "Norm" in type(module).__name__ and not name.endswith("bias"):
                out.setdefault(tensor, "norm")
    return out


def _groups_of(params) -> list[dict[str, Any]]:
    """Groups as torch has them, with names where they have some."""
    if isinstance(params, torch.Tensor):
        raise TypeError(f"params: not a list of tensors; got {torch.typename(params)}; want model.parameters(), "
                        "model.named_parameters(), groups or a model")
    if isinstance(params, torch.nn.Module):
        params = params.named_parameters()
    listed = list(params)
    if not listed:
        raise ValueError("optimizer got an empty parameter list")
    return [dict(one) for one in listed] if isinstance(listed[0], dict) else [{"params": listed}]


def _unnamed(group: dict[str, Any]) -> None:
    """Takes names out of `params` into `param_names`."""
    members = group["params"]
    members = [members] if isinstance(members, torch.Tensor) else list(members)
    if members and all(isinstance(one, tuple) for one in members):
        group["param_names"] = [name for name, _ in members]
        members = [tensor for _, tensor in members]
    group["params"] = members


class Optimizer(torch.optim.Optimizer):
    """A chain that moves the parameters of a torch model in place.

        optimizer = thalweg.torch.Optimizer(model.parameters(), "adamw(lr=1e-3)")

    params: parameters, named ones (model.named_parameters()), groups, or a model. Names are what `on=` of the chain
    selects. Roles: a name that ends in `bias` is a bias, two dimensions and more a weight; embeddings and normalizations
    are known where a model is given. Contiguous float32 or float64 tensors on the CPU; anything else is refused by name.

    chain: see thalweg.describe. Its rate is every group's "lr", which groups and schedulers may set, and so are "betas",
    "momentum", "weight_decay" and "eps" where the chain has one number for them. Several rates in one chain keep their
    proportions; a schedule in the chain is followed until something else sets "lr".

    A parameter without gradient, or that no longer requires one, is absent: untouched, without decay. threads: of torch
    where not given. nonfinite, most_skips, grad_norm, statistics, seconds, simd: as of thalweg.Optimizer; `report` says
    what the last step did.

    process_group: of torch.distributed, whose ranks step together; None is all of them, False this process alone. Every rank
    gives gradients of its own samples, of which a step takes the mean, and which it writes to; the model need not be wrapped.
    Each has all parameters, first those of rank 0, and the state of its part alone - or all of it, with whole_state -, so
    that state_dict() needs consolidate_state_dict() before it, on every rank. Ranks make the same calls in the same order."""

    _engine: Engine
    _state: State
    _bound = False  # torch's constructor adds groups before there is an engine

    def __init__(self, params: Iterable | torch.nn.Module, chain: str, *, threads: int | None = None,
                 nonfinite: str = "report", most_skips: int = 10, grad_norm: bool = False, statistics=(),
                 seconds: bool = False, simd: str | None = None, process_group=False, whole_state: bool = False):
        options = {"threads": threads, "nonfinite": nonfinite, "most_skips": most_skips, "grad_norm": grad_norm,
                   "statistics": tuple(statistics), "seconds": seconds, "simd": simd, "whole_state": whole_state}
        self._make(params, GroupedChain(chain), options, process_group)

    @classmethod
    def from_torch(cls, optimizer: torch.optim.Optimizer, *, model: torch.nn.Module | None = None,
                   threads: int | None = None, nonfinite: str = "report", process_group=False,
                   whole_state: bool = False) -> Optimizer:
        """What one of torch's own optimizers does, with its groups, numbers, flags and state: SGD, Adam, AdamW, NAdam,
        RAdam, Adamax, Adadelta, Adagrad, RMSprop, Rprop, ASGD. Its keys of groups and of state_dict() are torch's, so
        that either loads what the other saved. Schedulers belong to what is returned: make them of it. foreach and fused
        are kept, and mean nothing here. model: for names. process_group, whole_state: as of an Optimizer, of which every
        rank has the same state. Raises UsageError for other classes, differentiable and capturable. NAdam is that of torch
        2: torch 1.13 multiplied mu into its next product twice, unless foreach."""
        made_from = of_optimizer(optimizer)
        groups = [dict(group) for group in optimizer.param_groups]
        if model is not None:
            names = {tensor: name for name, tensor in model.named_parameters()}
            for group in groups:
                group["param_names"] = [names[tensor] for tensor in group["params"]]
        made = cls.__new__(cls)
        options = {"threads": threads, "nonfinite": nonfinite, "whole_state": whole_state}
        made._make(groups, made_from, options, process_group)
        if optimizer.state:
            made._take(optimizer.state)
            made._engine.updates = max(made._engine.clocks())
        return made

    def _make(self, params, made_from, options: dict[str, Any], process_group) -> None:
        self._chain = made_from
        self._options = options
        self._comm = None
        if process_group is not False:
            from ._torch_comm import comm_of

            self._comm = comm_of(process_group)
        self._known_roles = _roles_of(params) if isinstance(params, torch.nn.Module) else {}
        self._names: dict[torch.Tensor, str] = {}
        self.report: Report | None = None
        super().__init__(_groups_of(params), made_from.defaults())
        self._bind()

    # Binding

    def _named(self) -> list[list[str]]:
        """Names of each group; of those without one, the place."""
        out, first = [], 0
        for group in self.param_groups:
            out.append([self._names.get(tensor, f"p{first + i}") for i, tensor in enumerate(group["params"])])
            first += len(out[-1])
        return out

    def _bind(self, updates: int = 0) -> None:
        """An engine for the groups as they are now, without state."""
        if self._bound and self._engine.lends:
            raise UsageError("optimizer: the parameters hold averages; want the end of the block of averaged() first")
        names = self._named()
        tensors = [tensor for group in self.param_groups for tensor in group["params"]]
        for tensor, name in zip(tensors, chain.from_iterable(names)):
            check(name, tensor)
        roles = [self._known_roles.get(tensor) or _role(self._names.get(tensor), tensor) for tensor in tensors]
        engine = Engine(tensors, chain.from_iterable(names), roles, self._comm)
        plan = self._chain.plan(self.param_groups, names, engine.selected)
        given = dict(self._options)
        threads = given.pop("threads")
        given["statistics"] = _flags(given.pop("statistics", ()))
        given["nonfinite"] = encoded(given["nonfinite"])
        given["simd"] = encoded(given.get("simd"))
        given.setdefault("most_skips", 10)
        engine.bind(plan.text, {"threads": torch.get_num_threads() if threads is None else threads, **given})
        engine.updates = updates
        self._engine, self._dials, self._fixed = engine, plan.dials, plan.fixed
        self._state = State(engine, self._chain, self.param_groups)
        self._bound = True
        self._follow_schedules(updates)

    def _take(self, state, *exact) -> None:
        """Of a new engine: all of its state, on this rank."""
        self._state.take(state, *exact)
        if state:
            self._engine.state_written()

    def add_param_group(self, param_group: dict[str, Any]) -> None:
        """One more group, which starts at the present update; the others go on."""
        group = dict(param_group)
        _unnamed(group)
        self._chain.check(group)
        if self._bound and "lr" not in group:
            for schedule in self._schedules()[:1]:
                group["lr"] = schedule(self._engine.updates)
        super().add_param_group(group)
        for tensor, name in zip(group["params"], group.get("param_names", ())):
            self._names[tensor] = name
        if not self._bound:
            return  # the constructor binds them all
        self._engine.gather_everywhere()  # ranks hold other parts then
        before, state, kept = self.__dict__.copy(), self._state.all(), self._exact()
        try:
            self._bind(kept["updates"])
            self._take(state, kept["clocks"] + [0] * len(group["params"]), kept["numbers"], kept["rates"])
        except BaseException:
            self.__dict__.update(before)
            self.param_groups.pop()
            raise

    # Stepping

    @torch.no_grad()
    def step(self, closure: Callable[[], Any] | None = None):
        """One update by the gradients that there are. closure: computes the loss, and the gradients, before it."""
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        self._follow_groups()
        pointers = self._engine.gradients()
        self.report = self._lagging_step(pointers) if self._chain_lags() else self._engine.step(pointers)
        self._follow_schedules(self.report.update)
        return loss

    def _chain_lags(self) -> bool:
        return isinstance(self._chain, TorchChain) and self._chain.lags

    def _follow_groups(self) -> None:
        """Tells the chain what numbers of groups have changed."""
        tensors = [tensor for group in self.param_groups for tensor in group["params"]]
        if len(tensors) != len(self._engine.tensors) or not all(map(is_, tensors, self._engine.tensors)):
            raise UsageError("param_groups: their parameters were changed by hand; want add_param_group(), or another "
                             "optimizer that loads this one's state_dict()")
        turned = []
        for group, dials in zip(self.param_groups, self._dials):
            for dial in dials:
                value = dial.read(group)
                if value != dial.told:
                    turned.append((dial, number(value)))
        for group, fixed in zip(self.param_groups, self._fixed):
            for key, value in fixed.items():
                if group[key] != value:
                    raise UsageError(f"param_groups: {key} decides how the chain runs; got {group[key]}; want {value}; "
                                     "make another optimizer and load this one's state_dict()")
        if turned and len(self.param_groups) > 1:
            self._check_agreement()
        for dial, value in turned:
            self._turn(dial, value)

    def _turn(self, dial: Dial, value: float) -> None:
        if value != value:
            raise UsageError(f"param_groups: {dial.name} is not a number; got nan; want one; look what wrote it")
        if not dial.options:
            raise UsageError(f"param_groups: {dial.name} cannot change; got {value}; want {dial.told}; a chain that was "
                             "made without it does not have it")
        for name, factor in dial.options:
            self._engine.set_option(name, value * factor)
        dial.told, dial.schedule = value, None

    def _check_agreement(self) -> None:
        given: dict[str, float] = {}
        for group, dials in zip(self.param_groups, self._dials):
            for dial in dials:
                value = number(dial.read(group))
                for name, _ in dial.options:
                    if given.setdefault(name, value) != value:
                        raise UsageError(f"param_groups: groups share `{name}`; got {given[name]} and {value} for "
                                         f"{dial.name}; want one number; give the groups different ones when they are "
                                         "made")

    def _schedules(self) -> list[Schedule]:
        return [dial.schedule for dials in self._dials for dial in dials if dial.schedule is not None]

    def _follow_schedules(self, updates: int) -> None:
        """Shows the rates of the next update where the chain has a schedule of its own."""
        for group, dials in zip(self.param_groups, self._dials):
            for dial in dials:
                if dial.schedule is not None:
                    shown = group.get("lr") == dial.told
                    dial.told = dial.schedule(updates)
                    if shown:
                        group["lr"] = dial.told

    def _lagging_step(self, pointers: list[int]) -> Report:
        """Torch's ASGD steps with the rate of the parameter's step before: parameters of one rate at a time."""
        rates, first = self._state.rates, 0
        batches: list[list[tuple[Dial, float, list[int]]]] = []
        for group, dials in zip(self.param_groups, self._dials):
            now = number(group["lr"])
            by_rate: dict[float, list[int]] = {}
            for i in range(first, first + len(group["params"])):
                if pointers[i]:
                    by_rate.setdefault(rates.get(i, now), []).append(i)
                    rates[i] = now
            batches.append([(dials[0], rate, members) for rate, members in by_rate.items()])
            first += len(group["params"])
        report = Report() if self.report is None else self.report
        for k in range(max(map(len, batches), default=0)):
            some = [0] * len(pointers)
            for dial, rate, members in (of_group[k] for of_group in batches if len(of_group) > k):
                for name, _ in dial.options:
                    self._engine.set_option(name, rate)
                for i in members:
                    some[i] = pointers[i]
            report = self._engine.step(some)
        return report

    # What torch's optimizers have

    @property
    def state(self):
        """Parameter -> its state, which is the memory of the library itself."""
        return self._state if self._bound else {}

    @state.setter
    def state(self, state) -> None:
        if not self._bound:
            return  # torch's constructor
        self._bind(self._engine.updates)
        self._take(state)

    def _exact(self) -> dict[str, Any]:
        """What state of torch's form has not, or only in single precision."""
        numbers = {name: value.item() for name, value in self._engine.numbers().items()}
        return {"chain": self._chain.text if isinstance(self._chain, GroupedChain) else self._chain.cls,
                "updates": self._engine.updates, "clocks": self._engine.clocks(), "numbers": numbers,
                "rates": dict(self._state.rates)}

    def state_dict(self) -> dict[str, Any]:
        """As torch's, with `thalweg` beside it: clocks and numbers that torch has no place for."""
        if not self._engine.is_whole:
            raise UsageError("state_dict: other ranks hold a part of the state; want all of it on this one; call "
                             "consolidate_state_dict() on every rank before")
        out = super().state_dict()
        out["thalweg"] = self._exact()
        return out

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """What state_dict() gave, or that of torch's class if this is from_torch. All of it or, with an Error, nothing."""
        self._loaded = state_dict.get("thalweg")
        try:
            super().load_state_dict(state_dict)
        finally:
            del self._loaded

    def consolidate_state_dict(self, to: int = 0) -> None:
        """Brings the state of all ranks of the process group to one of them, whose state_dict() has it until the next step.
        Every rank calls it, as of torch's ZeroRedundancyOptimizer. Does nothing without a group."""
        self._engine.gather_state(to)

    def __getstate__(self) -> dict[str, Any]:
        if self._comm is not None:
            raise TypeError("an Optimizer over a process group is bound to its ranks; make another one, and give it the "
                            "state_dict() of this one")
        state = {tensor: {key: value.clone() for key, value in one.items()} for tensor, one in self._state.all().items()}
        return {"defaults": self.defaults, "param_groups": self.param_groups, "state": state, "_chain": self._chain,
                "_options": self._options, "_names": self._names, "_known_roles": self._known_roles,
                "_exact": self._exact()}

    def __setstate__(self, state: dict[str, Any]) -> None:
        given = dict(state)
        tensors, groups = given.pop("state"), given.pop("param_groups")
        exact = given.pop("_exact", None) or getattr(self, "_loaded", None)
        before = self.__dict__.copy()
        try:
            if "_engine" not in before:  # unpickled
                self.__dict__.update(given, report=None, _comm=None)
                for name in ("step_pre", "step_post", "state_dict_pre", "state_dict_post", "load_state_dict_pre",
                             "load_state_dict_post"):
                    self.__dict__.setdefault(f"_optimizer_{name}_hooks", OrderedDict())
                self._warned_capturable_if_run_uncaptured = True
            self.param_groups = groups
            for group in groups:
                self._chain.check(group)
                for key, default in self.defaults.items():  # saved by a torch that did not have it
                    group.setdefault(key, default)
            self._restore(tensors, exact)
        except BaseException:
            self.__dict__.clear()
            self.__dict__.update(before)
            raise
        patch = getattr(self, "_patch_step_function", None) or getattr(self, "_hook_for_profile")
        patch()

    def _restore(self, tensors, exact: dict[str, Any] | None) -> None:
        steps = [number(one["step"]) for one in tensors.values() if isinstance(one, dict) and "step" in one]
        exact = exact or {"updates": int(max(steps, default=0)), "clocks": None, "numbers": {}, "rates": {}}
        self._bind(exact["updates"])
        clocks = exact["clocks"]
        if clocks is not None and len(clocks) != len(self._engine.tensors):
            raise UsageError(f"state: clocks of another number of parameters; got {len(clocks)}; want "
                             f"{len(self._engine.tensors)}")
        self._take(tensors, clocks, exact["numbers"], exact["rates"])

    # What they have not

    @property
    def updates(self) -> int:
        """Updates done: the clock of schedules."""
        return self._engine.updates

    @property
    def state_bytes(self) -> int:
        """Held by this process: over a process group the state of its part."""
        return self._engine.state_bytes

    @property
    def chain(self) -> str:
        """The whole chain, as it is bound to all groups."""
        return self._engine.chain

    def explain(self, json: bool = False) -> str:
        """The plan: phases, streams, bytes per element."""
        return self._engine.explain(json)

    def observe(self, metric: float) -> None:
        """Gives `plateau` of the chain a metric of the model."""
        self._engine.observe(metric)

    @property
    def loss_scale(self) -> float:
        """What the loss must be multiplied by for `loss_scale` of the chain; else 1."""
        return self._engine.loss_scale()

    @contextmanager
    def averaged(self):
        """Inside, the model holds what is to be evaluated: averages, slow weights."""
        with self._engine.averaged():
            yield self
