"""Tensors of torch bound to an optimizer of the library: where they and their gradients lie, and that this may change."""

from __future__ import annotations

import ctypes
import json
from array import array
from contextlib import contextmanager
from ctypes import c_double, c_float, c_int, c_int64, c_size_t, c_uint8
from itertools import compress
from operator import attrgetter, is_

import torch

from ._comm import Comm
from ._library import OptimizerOptions, Tensor, UsageError, core, encoded, raise_status
from ._optimizer import _ROLES, Report

_DTYPES = {torch.float32: 0, torch.float64: 1}
_ELEMENTS = {0: c_float, 1: c_double, 2: c_uint8}
_TORCH = {0: torch.float32, 1: torch.float64, 2: torch.uint8}

# One pass each over many tensors: with thousands of them this is what a step costs in Python.
_gradient = attrgetter("grad")
_wanted = attrgetter("requires_grad")
_address = torch.Tensor.data_ptr
_contiguous = torch.Tensor.is_contiguous
_negative = torch.Tensor.is_neg  # a view of a conjugate, whose elements stand in memory with the other sign
_bytes = attrgetter("nbytes") if hasattr(torch.Tensor, "nbytes") else lambda t: t.numel() * t.element_size()
_BLOCK = 1024
_changed = getattr(torch.autograd.graph, "increment_version", None)  # from torch 2.1 on


def _plain(gradient: torch.Tensor) -> bool:
    return gradient.layout == torch.strided and gradient.is_contiguous() and not gradient.is_neg()


def _refuse(name: str, what: str, got, want: str, hint: str = ""):
    raise UsageError(f"`{name}`: {what}; got {got}; want {want}" + (f"; {hint}" if hint else ""))


def check(name: str, tensor: torch.Tensor) -> None:
    """Raises UsageError for a parameter that cannot be moved in place."""
    if isinstance(tensor, torch.nn.parameter.UninitializedTensorMixin):
        _refuse(name, "it has no shape yet", type(tensor).__name__, "a tensor with memory", "run the model once before")
    if tensor.layout != torch.strided:
        _refuse(name, "its layout is not supported", tensor.layout, "a dense tensor")
    if tensor.device.type != "cpu":
        _refuse(name, "it is not in this machine's memory", tensor.device, "a tensor on the CPU", "model.cpu() moves it")
    if tensor.is_complex():
        _refuse(name, "complex numbers are not supported", tensor.dtype, "float32 or float64",
                "torch.view_as_real makes pairs of real numbers")
    if tensor.dtype not in _DTYPES:
        _refuse(name, "its type is not supported", tensor.dtype, "float32 or float64", "model.float() converts it")
    if tensor.is_neg():
        _refuse(name, "it is the negative of what is in memory", "a view of a conjugate", "a tensor of its own",
                "p.data = p.data.resolve_neg() makes it one")
    if not tensor.is_contiguous():
        _refuse(name, "its elements do not follow each other", f"strides {tuple(tensor.stride())}",
                "a contiguous tensor", "p.data = p.data.contiguous() makes it one")


class _NotPlain(Exception):
    """Gradients that have to be looked at one by one."""


class _Block:
    """Some tensors: a gradient that has to be looked at by itself does not hold up those of other blocks."""

    def __init__(self, begin: int, tensors, watched):
        self.begin, self.tensors = begin, tensors
        # Gradients that were looked at: what they are does not change, but where they lie. Small ones, as they are kept.
        self.seen: list = []
        self.watched = list(compress(tensors, watched))
        self.addresses = list(map(_address, tensors))
        self.sizes = list(map(_bytes, tensors))
        self._is_small = sum(self.sizes) <= 1 << 20

    def moved(self) -> bool:
        return list(map(_address, self.tensors)) != self.addresses

    def pointers(self, gradients) -> list[int]:
        """Where they lie. Raises _NotPlain unless each is absent, or contiguous and as large as its parameter."""
        if not all(map(_wanted, self.watched)):
            raise _NotPlain
        try:
            pointers = list(map(_address, gradients))
            if len(gradients) == len(self.seen) and all(map(is_, gradients, self.seen)):
                return pointers
            if (all(map(_contiguous, gradients)) and not any(map(_negative, gradients))
                    and list(map(_bytes, gradients)) == self.sizes):
                self.seen = gradients if self._is_small else []
                return pointers
        except TypeError:  # one is None
            there = [one is not None for one in gradients]
            some = list(compress(gradients, there))
            if all(map(_plain, some)) and list(map(_bytes, some)) == list(compress(self.sizes, there)):
                return [0 if one is None else _address(one) for one in gradients]
        except RuntimeError:  # one has no memory of its own
            pass
        raise _NotPlain


class _Optimizer:
    """A handle, kept by whatever looks into its memory."""

    def __init__(self, handle: int, comm: Comm | None):
        self.handle, self._comm, self._destroy = handle, comm, core().raw("optimizer_destroy")

    def __del__(self):
        self._destroy(self.handle)


class _Params:
    def __init__(self, tensors, names, roles):
        self.handle, self._destroy = 0, core().raw("params_destroy")
        self.handle = core().made("params_create")
        for tensor, name, role in zip(tensors, names, roles):
            shape = (c_int64 * max(tensor.dim(), 1))(*tensor.shape)
            core().params_adopt(self.handle, encoded(name), tensor.dim(), shape, _DTYPES[tensor.dtype],
                                tensor.data_ptr() or None, None, _ROLES[role], None)

    def __del__(self):
        self._destroy(self.handle)


def _lent(address: int, dtype: int, shape, owner) -> torch.Tensor:
    """Memory of the library as a tensor, which keeps `owner`."""
    count = 1
    for size in shape:
        count *= size
    if not count:
        return torch.empty(shape, dtype=_TORCH[dtype])
    memory = (_ELEMENTS[dtype] * count).from_address(address)
    memory.owner = owner
    return torch.frombuffer(memory, dtype=_TORCH[dtype]).reshape(shape)


class Engine:
    """Tensors that passed check(), in order, and an optimizer of the library that moves them, with the ranks of `comm`."""

    def __init__(self, tensors, names, roles, comm: Comm | None = None):
        self._core, self._comm = core(), comm
        if comm is not None:
            comm.keep(self)
        self.lends = False  # the tensors hold averages
        self.tensors, self.names, self._roles = list(tensors), list(names), list(roles)
        self._dtypes = [tensor.dtype for tensor in self.tensors]
        # One that never required a gradient is moved when it is given one, as torch does.
        self._watched = [tensor.requires_grad for tensor in self.tensors]
        self._shapes = [tensor.shape for tensor in self.tensors]
        self._look_at_tensors()
        self._params = _Params(self.tensors, self.names, self._roles)
        self._set_gradients = self._core.raw("params_set_gradients")
        self._step = self._core.raw("optimizer_step")

    def _look_at_tensors(self) -> None:
        """Notes where they lie."""
        self._blocks = [_Block(begin, self.tensors[begin:begin + _BLOCK], self._watched[begin:begin + _BLOCK])
                        for begin in range(0, len(self.tensors), _BLOCK)]
        self._pointers: list[int] = []  # of the gradients that are bound; none: unknown

    def selected(self, chain: str) -> list[set[int]]:
        """Which tensors each transform of a chain in canonical form acts on."""
        from ._chain_text import pieces

        plan = json.loads(self._core.text("chain_explain", encoded(chain), self._params.handle, 1))
        items = pieces(plan["chain"], "|")
        index = {name: i for i, name in enumerate(self.names)}
        out: list[set[int]] = [set() for _ in items]
        for group in plan["groups"]:
            members = {index[one["name"]] for one in group["parameters"]}
            at = 0
            for item in pieces(group["chain"], "|"):  # a subsequence
                at = items.index(item, at)
                out[at] |= members
                at += 1
        return out

    def bind(self, chain: str, options: dict) -> None:
        self._bound = (chain, options)
        self._set: dict[str, float] = {}
        given = OptimizerOptions(comm=None if self._comm is None else self._comm.handle, **options)
        handle = self._core.made("optimizer_create", self._params.handle, encoded(chain), ctypes.byref(given))
        self._optimizer = _Optimizer(handle, self._comm)
        if self._comm is not None:
            self._tell_autograd()  # they have the values of the first rank

    @property
    def handle(self) -> int:
        return self._optimizer.handle

    @property
    def chain(self) -> str:
        return self._core.text("optimizer_chain", self.handle)

    def explain(self, as_json: bool) -> str:
        return self._core.text("chain_explain", encoded(self._bound[0]), self._params.handle, int(as_json))

    # Stepping

    def gradients(self) -> list[int]:
        """Where the gradients lie now, 0 for absent; takes up tensors that have moved."""
        self._copies: list[torch.Tensor] = []  # of gradients with gaps
        out: list[int] = []
        for block in self._blocks:
            if block.moved():
                self._moved()
                return self.gradients()
            found = list(map(_gradient, block.tensors))
            try:
                out += block.pointers(found)
            except _NotPlain:
                out += [self._gradient(i, one) for i, one in enumerate(found, block.begin)]
        return out

    def _gradient(self, i: int, gradient) -> int:
        tensor, name = self.tensors[i], self.names[i] + ".grad"
        if gradient is None or (self._watched[i] and not tensor.requires_grad):
            return 0
        if tensor.requires_grad:
            self._watched[i] = True
        if gradient.layout != torch.strided:
            _refuse(name, "sparse gradients are not supported", gradient.layout, "a dense gradient",
                    "torch.nn.Embedding(..., sparse=False) gives one")
        if gradient.shape != self._shapes[i] or gradient.dtype != tensor.dtype or gradient.device != tensor.device:
            _refuse(name, "it does not fit its parameter",
                    f"{tuple(gradient.shape)} {gradient.dtype} on {gradient.device}",
                    f"{tuple(self._shapes[i])} {tensor.dtype} on the CPU")
        if not _plain(gradient):
            gradient = gradient.detach().resolve_neg().contiguous()
            self._copies.append(gradient)
        return gradient.data_ptr()

    def step(self, pointers: list[int]) -> Report:
        """One update by gradients at `pointers`."""
        if pointers != self._pointers:
            self._bind_gradients(pointers)
        report = Report()
        status = self._step(self._optimizer.handle, None, ctypes.byref(report))
        if status:
            raise_status(status)
        if _changed is not None and not (report.skipped or report.waits):
            moved = self.tensors if all(pointers) else list(compress(self.tensors, pointers))
            _changed(moved)  # autograd knows of what it did not do itself
        return report

    def _bind_gradients(self, pointers: list[int]) -> None:
        places = array("Q", pointers)
        self._pointers = []
        status = self._set_gradients(self._params.handle, places.buffer_info()[0], len(places))
        there = [place for place in pointers if place]
        if status and len(set(there)) == len(there):
            raise_status(status)
        if status:  # one tensor is the gradient of several parameters
            seen = {0}
            for i, place in enumerate(pointers):
                if place and place in seen:
                    self._copies.append(self.tensors[i].grad.detach().clone())
                    places[i] = self._copies[-1].data_ptr()
                seen.add(place)
            self._core.params_set_gradients(self._params.handle, places.buffer_info()[0], len(places))
        elif not self._copies:
            self._pointers = pointers

    def _moved(self) -> None:
        """Parameters lie elsewhere: `p.data = other`, `model.to(...)`."""
        known = [address for block in self._blocks for address in block.addresses]
        moved = [i for i, tensor in enumerate(self.tensors) if tensor.data_ptr() != known[i]]
        for i in moved:
            tensor, name = self.tensors[i], self.names[i]
            if tensor.dtype != self._dtypes[i]:
                _refuse(name, "its type has changed since the optimizer was made", tensor.dtype, str(self._dtypes[i]),
                        "make the optimizer after model.to(dtype), and give it the old one's state_dict()")
            check(name, tensor)
            if tensor.shape != self._shapes[i]:
                _refuse(name, "its shape has changed since the optimizer was made", tuple(tensor.shape),
                        str(tuple(self._shapes[i])), "make another optimizer")
        nothing = array("Q", bytes(8 * len(self.tensors)))
        self._core.params_set_gradients(self._params.handle, nothing.buffer_info()[0], len(nothing))
        try:
            for i in moved:
                self._core.params_rebind(self._params.handle, i, self.tensors[i].data_ptr() or None, None)
        except UsageError:  # where one was, another is now: they do not move one by one
            self._rebuild()
        self._look_at_tensors()

    def _rebuild(self) -> None:
        """The same on the tensors as they lie now, with all that was known."""
        if self._comm is not None:
            raise UsageError("parameters: they have changed places; want each where it was, or in memory of its own; make "
                             "another optimizer on every rank, and give it the old one's state_dict()")
        old, state = self._optimizer, self.state()
        numbers, clocks, updates, given = self.numbers(), self.clocks(), self.updates, self._set
        self._params = _Params(self.tensors, self.names, self._roles)
        self.bind(*self._bound)
        for name, tensor in self.state().items():
            tensor.copy_(state[name])
        for name, number in self.numbers().items():
            number.copy_(numbers[name])
        for i, clock in enumerate(clocks):
            self.set_clock(i, clock)
        self.updates = updates
        for name, value in given.items():
            self.set_option(name, value)
        del old

    # What it knows

    def set_option(self, name: str, value: float) -> None:
        self._core.optimizer_set_option(self.handle, encoded(name), value)
        self._set[name] = value

    @property
    def updates(self) -> int:
        return self._core.number("optimizer_updates", self.handle)

    @updates.setter
    def updates(self, updates: int) -> None:
        self._core.optimizer_set_updates(self.handle, updates)

    def clocks(self) -> list[int]:
        return [self._core.number("optimizer_clock", self.handle, i) for i in range(len(self.tensors))]

    def set_clock(self, index: int, clock: int) -> None:
        self._core.optimizer_set_clock(self.handle, index, clock)

    def state(self) -> dict[str, torch.Tensor]:
        """Name -> the memory itself, such as "fc.weight/adam.m"."""
        return self._tensors("optimizer_state")

    def numbers(self) -> dict[str, torch.Tensor]:
        """Name -> the memory itself of one number, such as "fc.weight/nadam.mu_product" or "plateau.rate"."""
        return self._tensors("optimizer_number")

    def _tensors(self, function: str) -> dict[str, torch.Tensor]:
        tensor, out = Tensor(), {}
        get, pointer = getattr(self._core, function), ctypes.byref(tensor)
        for i in range(self._core.number(function + "_count", self.handle, kind=c_size_t)):
            get(self.handle, i, pointer)
            shape = tuple(tensor.shape[:tensor.rank])
            out[tensor.name.decode()] = _lent(tensor.data or 0, tensor.dtype, shape, self._optimizer)
        return out

    def gather_state(self, root: int) -> None:
        self._core.optimizer_gather_state(self.handle, root)

    def gather_everywhere(self) -> None:
        for rank in range(0 if self._comm is None else self._comm.size):
            self.gather_state(rank)

    def state_written(self) -> None:
        """All of it, on this rank."""
        self._core.optimizer_state_written(self.handle)

    @property
    def is_whole(self) -> bool:
        """Whether all of the state is on this rank."""
        return bool(self._core.number("optimizer_state_is_whole", self.handle, kind=c_int))

    @property
    def state_bytes(self) -> int:
        return self._core.number("optimizer_state_bytes", self.handle)

    def observe(self, metric: float) -> None:
        self._core.optimizer_observe(self.handle, metric)

    def loss_scale(self) -> float:
        return self._core.number("optimizer_loss_scale", self.handle, kind=c_double)

    @contextmanager
    def averaged(self):
        self.gradients()  # takes up tensors that have moved
        memory = [tensor.data for tensor in self.tensors]  # stays while the averages are in it, wherever they move
        self._core.optimizer_begin_averaged(self.handle)
        self._tell_autograd()
        self.lends = True
        try:
            yield
        finally:
            self.lends = False
            self._core.optimizer_end_averaged(self.handle)
            for tensor, was in zip(self.tensors, memory):
                if tensor.data_ptr() != was.data_ptr():
                    tensor.data.copy_(was)
            self._tell_autograd()

    def _tell_autograd(self) -> None:
        if _changed is not None:
            _changed(self.tensors)
