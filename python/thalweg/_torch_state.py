"""What torch calls `optimizer.state`: a look into the memory of the library, by parameter."""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import Any

import torch

from ._library import UsageError
from ._torch_engine import Engine
from ._torch_groups import number
from ._torch_rules import TorchChain, rate_from_eta

ALWAYS = ("adagrad",)  # whose state torch makes before the first step


class State(MutableMapping):
    """Parameter -> {name: tensor}. The tensors are the state itself: what is written into them counts. `step` is a copy;
    it is set by assigning the whole dictionary. The tensors are of the optimizer as it is now: adding a group and loading
    make new ones."""

    def __init__(self, engine: Engine, chain, groups: list[dict]):
        self._engine, self._chain, self._groups = engine, chain, groups
        self.index = {tensor: i for i, tensor in enumerate(engine.tensors)}
        self._group_of = [g for g, group in enumerate(groups) for _ in group["params"]]
        self._at = {name: i for i, name in enumerate(engine.names)}
        self._seen: tuple[int, list[dict[str, torch.Tensor]]] = (0, [])
        self.rates: dict[int, float] = {}  # of ASGD: the rate of a parameter's last step

    def _file(self, into: list[dict[str, torch.Tensor]], name: str, tensor: torch.Tensor) -> None:
        """Under its parameter, by the name that torch has for it, if it has one."""
        owner, slash, stream = name.rpartition("/")
        if not slash:
            return  # of the whole chain
        if isinstance(self._chain, TorchChain):
            stream = self._chain.keys.get(stream, stream.partition(".")[2])
        into[self._at[owner]][stream] = tensor

    def _streams(self) -> list[dict[str, torch.Tensor]]:
        """Looked for once for each optimizer of the library: with thousands of parameters that takes a while."""
        handle, out = self._seen
        if handle != self._engine.handle:
            out = [{} for _ in self._engine.tensors]
            for name, tensor in self._engine.state().items():
                self._file(out, name, tensor)
            self._seen = (self._engine.handle, out)
        return out

    def _entries(self) -> list[dict[str, torch.Tensor]]:
        """All tensors of each parameter."""
        numbers = self._engine.numbers()
        if not numbers:
            return self._streams()
        out = [dict(streams) for streams in self._streams()]
        for name, tensor in numbers.items():
            self._file(out, name, tensor)
        return out

    @property
    def _torch(self) -> TorchChain | None:
        return self._chain if isinstance(self._chain, TorchChain) else None

    def _told(self, i: int, clock: int, tensors: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
        """As torch has it; empty before the first step."""
        chain = self._torch
        if clock == 0 and not (chain and chain.rule.name in ALWAYS):
            return {}
        out: dict[str, torch.Tensor] = {}
        if chain is None or chain.rule.steps:
            out["step"] = torch.tensor(float(clock))
        if chain is not None and chain.lags:
            group = self._groups[self._group_of[i]]
            rate = self.rates[i]
            out["eta"] = torch.tensor(rate / (1.0 + number(group["lambd"]) * rate * clock) ** number(group["alpha"]))
            out["mu"] = torch.tensor(1.0 / max(1.0, clock - number(group["t0"])))
        return {**out, **tensors}

    def all(self) -> dict[torch.Tensor, dict[str, torch.Tensor]]:
        told = map(self._told, range(len(self._engine.tensors)), self._engine.clocks(), self._entries())
        return {tensor: one for tensor, one in zip(self._engine.tensors, told) if one}

    def __getitem__(self, tensor: torch.Tensor) -> dict[str, torch.Tensor]:
        i = self.index.get(tensor)
        return {} if i is None else self._told(i, self._engine.clocks()[i], self._entries()[i])

    def __iter__(self):
        return iter(self.all())

    def __len__(self) -> int:
        return len(self.all())

    def items(self):
        return self.all().items()

    def values(self):
        return self.all().values()

    def __contains__(self, tensor) -> bool:
        return bool(self[tensor])

    def get(self, tensor, default=None):
        return self[tensor] or default

    def __delitem__(self, tensor) -> None:
        raise UsageError("state: it cannot be taken away; want `optimizer.state[p] = {...}`, or "
                         "`optimizer.load_state_dict` of a dictionary without it")

    def __setitem__(self, tensor: torch.Tensor, given: dict[str, Any]) -> None:
        self.take({tensor: given})

    def __repr__(self) -> str:
        return f"State({self.all()!r})"

    # Taking over

    def take(self, state, clocks: list[int] | None = None, numbers: dict[str, float] | None = None,
             rates: dict[int, float] | None = None) -> None:
        """State as torch has it. All of it or, with an Error, nothing. clocks, numbers, rates: exact, where known."""
        if not state:
            return
        entries = self._entries()
        checked = []
        for tensor, given in state.items():
            if not isinstance(tensor, torch.Tensor):
                continue  # not of a parameter
            if tensor not in self.index:
                raise UsageError("state: of a tensor that is not optimized here; want one of param_groups")
            i = self.index[tensor]
            checked.append((i, *self._checked(i, given, entries[i])))
        for i, clock, tensors, rate in checked:
            for name, value in tensors.items():
                entries[i][name].copy_(value)
            self._engine.set_clock(i, clock if clocks is None else clocks[i])
            if rate is not None:
                self.rates[i] = rate
        self.rates.update(rates or {})
        for name, memory in self._engine.numbers().items() if numbers else ():
            if name in numbers:
                memory.fill_(numbers[name])

    def _checked(self, i: int, given: dict, entries: dict[str, torch.Tensor]) -> tuple[int, dict, float | None]:
        """Clock, tensors and, of ASGD, the rate of the last step."""
        name = self._engine.names[i]
        tensors = {key: value for key, value in given.items() if value is not None}
        if not tensors:
            return 0, {}, None
        step = tensors.pop("step", None)
        clock = int(number(step)) if step is not None else 1
        chain, rate = self._torch, None
        if chain is not None and chain.lags:
            tensors.pop("mu", None)
            eta = tensors.pop("eta", self._groups[self._group_of[i]]["lr"])
            rate = self._rate(i, number(eta), clock)
        if step is None and (chain is None or chain.rule.steps):
            raise UsageError(f"`{name}`: its state has no `step`; got {', '.join(given)}")
        for what, some in (("lacks", set(entries) - set(tensors)), ("has too much", set(tensors) - set(entries))):
            if some:
                raise UsageError(f"`{name}`: its state {what}; got {', '.join(sorted(map(str, given)))}; want "
                                 f"{', '.join(sorted(entries)) or 'none'}; see {', '.join(sorted(map(str, some)))}")
        for key, value in tensors.items():
            if value.numel() != entries[key].numel() or (value.dim() and value.shape != entries[key].shape):
                raise UsageError(f"`{name}`: {key} of its state does not fit; got {tuple(value.shape)}; want "
                                 f"{tuple(entries[key].shape)}")
        return clock, {key: value.reshape(entries[key].shape) for key, value in tensors.items()}, rate

    def _rate(self, i: int, eta: float, clock: int) -> float:
        """The rate of the last step, which the present one is as a rule; torch keeps eta in single precision."""
        group = self._groups[self._group_of[i]]
        lambd, alpha, rate = number(group["lambd"]), number(group["alpha"]), number(group["lr"])
        expected = rate / (1.0 + lambd * rate * clock) ** alpha
        same = abs(eta - expected) <= 1e-6 * expected
        return rate if same else rate_from_eta(eta, lambd, alpha, clock)
