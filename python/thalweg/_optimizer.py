"""Optimizer: a chain bound to arrays."""

from __future__ import annotations

import ctypes
import os
import warnings
from contextlib import contextmanager, nullcontext
from ctypes import c_double, c_int, c_int64, c_size_t, c_uint64, c_void_p

from . import _arrays
from ._comm import Comm
from ._library import (LoadOptions, OptimizerOptions, ParameterReport, StepInput, Struct, Tensor, UsageError, core,
                       encoded, raise_status, texts)

_ROLES = {None: 0, "weight": 1, "bias": 2, "norm": 3, "embedding": 4, "other": 5}
_STATISTICS = {"update_ratio": 1, "norms": 2}
_LARGE = 4 << 20  # bytes from which pages matter


class Report(Struct):
    """What one update did."""

    _fields_ = [("struct_size", c_size_t), ("update", c_uint64), ("lr", c_double), ("grad_norm", c_double),
                ("update_ratio", c_double), ("seconds", c_double), ("nonfinite", c_uint64),
                ("nonfinite_parameter", c_int64), ("nonfinite_index", c_uint64), ("_overflows", c_int),
                ("_skipped", c_int), ("_waits", c_int), ("mass", c_double)]
    small_pages: tuple[str, ...] = ()  # of the first step: parameters that would be faster in thalweg.empty's memory

    @property
    def overflows(self) -> bool:
        """The gradient was finite, weights or state are not."""
        return bool(self._overflows)

    @property
    def skipped(self) -> bool:
        """Nothing was changed."""
        return bool(self._skipped)

    @property
    def waits(self) -> bool:
        """The gradient was added to a window that is not full."""
        return bool(self._waits)

    def __repr__(self) -> str:
        told = [f"update={self.update}", f"lr={self.lr:g}"]
        if self.grad_norm == self.grad_norm:
            told.append(f"grad_norm={self.grad_norm:g}")
        if self.update_ratio == self.update_ratio:
            told.append(f"update_ratio={self.update_ratio:g}")
        told += [f"nonfinite={self.nonfinite}"] if self.nonfinite else []
        told += [word for word in ("overflows", "skipped", "waits") if getattr(self, word)]
        return f"Report({', '.join(told)})"


def _flags(names) -> int:
    flags = 0
    for name in names:
        if name not in _STATISTICS:
            raise UsageError(f"statistics: unknown; got {name!r}; want {', '.join(_STATISTICS)}")
        flags |= _STATISTICS[name]
    return flags


def _fspath(path) -> str:
    return os.fsdecode(path)


class Params:
    """Named arrays of the caller, optimized in place."""

    def __init__(self, arrays, roles=None):
        self._core = core()
        self.handle = self._core.made("params_create")
        self._values = {}   # name -> View
        self._copies = {}   # name -> what new immutable arrays are made from
        self.names: list[str] = []
        for name, array in arrays.items():
            self._adopt(name, array, (roles or {}).get(name))
        unknown = set(roles or {}) - set(self.names)
        if unknown:
            raise UsageError(f"roles: no such parameter; got {sorted(unknown)[0]!r}; want one of {self.names}")

    def _adopt(self, name: str, array, role) -> None:
        if role not in _ROLES:
            raise UsageError(f"`{name}`: unknown role; got {role!r}; want {', '.join(r for r in _ROLES if r)}")
        if _arrays.is_immutable(array):
            self._copies[name] = array = _copied(array, name)
        view = _arrays.view(array, name, writable=True)
        shape = (c_int64 * max(len(view.shape), 1))(*view.shape)
        self._core.params_adopt(self.handle, encoded(name), len(view.shape), shape, view.dtype, view.address or None,
                                None, _ROLES[role], None)
        self._values[name] = view
        self.names.append(name)

    def value_of(self, name: str):
        return self._values[name]

    def take(self, name: str, view) -> None:
        self._values[name] = view

    def large(self) -> bool:
        return any(_bytes_of(view) >= _LARGE for view in self._values.values())

    def __del__(self):
        if getattr(self, "handle", 0):
            self._core.raw("params_destroy")(self.handle)


def _bytes_of(view) -> int:
    total = 4 if view.dtype == _arrays.F32 else 8
    for size in view.shape:
        total *= size
    return total


def _copied(array, name: str):
    view = _arrays.view(array, name, writable=False)
    copy = _arrays.empty(view.shape, "float32" if view.dtype == _arrays.F32 else "float64")
    target = _arrays.view(copy, name, writable=True)
    ctypes.memmove(target.address, view.address, _bytes_of(view))
    return copy


class Optimizer:
    """A chain bound to arrays, which it moves in place.

        optimizer = thalweg.Optimizer({"w": w}, "adamw(lr=1e-3)")
        report = optimizer.step({"w": gradient})

    `arrays`: name -> float32 or float64 array: NumPy, torch (CPU), array.array, or anything with the buffer protocol,
    DLPack or __array_interface__; C-contiguous and writable. JAX's, which cannot change, are copied: values() gives new
    ones. `roles`: name -> weight, bias, norm, embedding or other, for `on=`; without one a parameter counts as a matrix.
    threads 0: all that the process may use. nonfinite: report, error, skip or zero. statistics: update_ratio, norms.

    comm: ranks that step together, a communicator of mpi4py or a Comm. Every rank makes the same calls, each with gradients
    of its own, of which a step takes the mean, and into which it writes; each has all values - first those of rank 0 - and
    the state of its part alone, or all of it with whole_state. Saving gathers it: rank 0 writes, every rank calls and loads.
    """

    _comm: Comm | None = None

    def __init__(self, arrays, chain: str, *, roles=None, threads: int = 0, grad_norm: bool = False,
                 nonfinite: str = "report", zero_grad: bool = False, seconds: bool = False, most_skips: int = 10,
                 statistics=(), simd: str | None = None, comm=None, whole_state: bool = False):
        self._core = core()
        self._comm = comm if comm is None or isinstance(comm, Comm) else Comm(comm)
        self._params = Params(arrays, roles)
        self._arrays = dict(arrays)
        self._grads: list = [None] * len(self._params.names)  # arrays of the last step
        self._views: list = [None] * len(self._params.names)
        self._volatile: set[int] = set()  # whose arrays are the same objects, maybe elsewhere
        self._movable = [i for i, name in enumerate(self._params.names) if hasattr(self._arrays[name], "data_ptr")]
        options = OptimizerOptions(threads=threads, grad_norm=grad_norm, statistics=_flags(statistics),
                                   seconds=seconds, zero_grad=zero_grad, most_skips=most_skips,
                                   nonfinite=encoded(nonfinite), simd=encoded(simd), whole_state=whole_state,
                                   comm=None if self._comm is None else self._comm.handle)
        self._writes_gradients = zero_grad or nonfinite == "zero" or self._comm is not None
        self._handle = self._core.made("optimizer_create", self._params.handle, encoded(str(chain)),
                                       ctypes.byref(options))
        self._step = self._core.raw("optimizer_step")
        self._told_pages = not self._params.large()

    def __del__(self):
        if getattr(self, "_handle", 0):
            self._core.raw("optimizer_destroy")(self._handle)

    # Stepping

    def step(self, grads, *, weight: float = 1.0, last: bool = False, grad_norm: float | None = None,
             statistics=()) -> Report:
        """One update. `grads`: name -> array of the parameter's shape and type; a name that is missing, or None, is
        absent: untouched, without decay. weight, last: of a window of `accumulate`; grad_norm: where it is known."""
        self._take(grads)
        report = Report()
        given = None
        if weight != 1.0 or last or grad_norm is not None or statistics:
            given = ctypes.byref(StepInput(weight=weight, grad_norm=-1.0 if grad_norm is None else grad_norm,
                                           last=last, statistics=_flags(statistics)))
        status = self._step(self._handle, given, ctypes.byref(report))
        if status:
            raise_status(status)
        if not self._told_pages:
            self._tell_pages(report)
        return report

    def _take(self, grads) -> None:
        """Tells the library where the gradients lie, if that is elsewhere than last time. All of it, or nothing."""
        for i in self._movable:  # `tensor.data = other`
            self._follow(i)
        found, changed = 0, False
        last, volatile = self._grads, self._volatile
        for i, name in enumerate(self._params.names):
            array = grads.get(name)
            if array is not None or name in grads:
                found += 1
            if array is not last[i] or i in volatile:
                changed = True
        if found != len(grads):
            unknown = next(name for name in grads if name not in self._params.names)
            raise UsageError(f"step: no parameter is called so; got {unknown!r}; want names among "
                             f"{', '.join(self._params.names[:8])}")
        if changed:
            self._look([grads.get(name) for name in self._params.names])

    def _look(self, arrays: list) -> None:
        views = list(self._views)
        for i, (name, array) in enumerate(zip(self._params.names, arrays)):
            if array is None:
                views[i] = None
            elif array is not self._grads[i] or i in self._volatile:
                views[i] = self._view(name, array)
        pointers = (c_void_p * max(len(views), 1))(*(view and (view.address or None) for view in views))
        self._core.params_set_gradients(self._params.handle, pointers, len(views))
        self._grads, self._views = arrays, views
        self._volatile = {i for i, array in enumerate(arrays) if hasattr(array, "data_ptr")}

    def _view(self, name: str, array):
        view = _arrays.view(array, name + ".grad", writable=self._writes_gradients)
        value = self._params.value_of(name)
        if view.shape != value.shape or view.dtype != value.dtype:
            raise UsageError(f"`{name}`: its gradient is of another shape or type; got {view.shape} "
                             f"{_arrays._NAMES[view.dtype]}; want {value.shape} {_arrays._NAMES[value.dtype]}")
        return view

    def _follow(self, i: int) -> None:
        """Takes up a parameter that its owner has put elsewhere."""
        name = self._params.names[i]
        view = self._params.value_of(name)
        if self._arrays[name].data_ptr() == view.address:
            return
        moved = _arrays.view(self._arrays[name], name, writable=True)
        if moved.shape != view.shape or moved.dtype != view.dtype:
            raise UsageError(f"`{name}`: it has become another array; got {moved.shape} {_arrays._NAMES[moved.dtype]}; "
                             f"want {view.shape} {_arrays._NAMES[view.dtype]}; make another optimizer")
        self._core.params_rebind(self._params.handle, i, moved.address or None, None)
        self._params.take(name, moved)
        self._grads, self._views = [None] * len(self._grads), [None] * len(self._views)
        self._volatile = set(range(len(self._grads)))  # whatever is bound, it is told again

    def _tell_pages(self, report: Report) -> None:
        self._told_pages = True
        small = (ctypes.c_ubyte * len(self._params.names))()
        self._core.params_small_pages(self._params.handle, small, len(self._params.names))
        names = tuple(name for name, is_small in zip(self._params.names, small) if is_small)
        report.small_pages = names
        if names:
            warnings.warn(f"{len(names)} parameters lie on pages of 4 KiB, over which a step takes some 1.3 times as "
                          f"long: {', '.join(names[:4])}; thalweg.empty() gives memory on huge pages", stacklevel=3)

    def parameter_report(self, name: str) -> dict[str, float]:
        """What the last step measured of one parameter, as asked for by `statistics`."""
        out = ParameterReport()
        self._core.optimizer_parameter_report(self._handle, self._params.names.index(name), ctypes.byref(out))
        return {field: getattr(out, field) for field, _ in ParameterReport._fields_[1:]}

    def set_option(self, name: str, value: float | None) -> None:
        """Sets "lr", "adam.beta1", ... for the steps to come; None: what the chain's text says."""
        if value is not None and value != value:
            raise UsageError(f"option `{name}`: not a number; got nan; want one, or None for the chain's own")
        self._core.optimizer_set_option(self._handle, encoded(name), float("nan") if value is None else value)

    def observe(self, metric: float) -> None:
        """Gives `plateau` a metric of the model."""
        self._core.optimizer_observe(self._handle, metric)

    @contextmanager
    def averaged(self):
        """Inside, the arrays hold what is to be evaluated: averages, slow weights."""
        self._core.optimizer_begin_averaged(self._handle)
        try:
            yield self
        finally:
            self._core.optimizer_end_averaged(self._handle)

    def set_frozen(self, name: str, frozen: bool = True) -> None:
        """A frozen parameter is not touched; one that was frozen at the beginning needs replan() when thawed."""
        self._core.params_set_frozen(self._params.handle, self._index(name), int(frozen))

    def replan(self) -> None:
        """Takes up parameters that were thawed."""
        self._core.optimizer_replan(self._handle)

    def _index(self, name: str) -> int:
        if name not in self._params.names:
            raise UsageError(f"no parameter is called so; got {name!r}; want one of {self._params.names}")
        return self._params.names.index(name)

    # What it knows

    @property
    def updates(self) -> int:
        """Updates done: the clock of schedules."""
        return self._core.number("optimizer_updates", self._handle)

    @updates.setter
    def updates(self, updates: int) -> None:
        self._core.optimizer_set_updates(self._handle, updates)

    @property
    def chain(self) -> str:
        return self._core.text("optimizer_chain", self._handle)

    @property
    def loss_scale(self) -> float:
        """What the loss must be multiplied by for `loss_scale`; else 1."""
        return self._core.number("optimizer_loss_scale", self._handle, kind=c_double)

    @property
    def state_bytes(self) -> int:
        return self._core.number("optimizer_state_bytes", self._handle)

    def clock(self, name: str) -> int:
        """The updates that a parameter took part in."""
        return self._core.number("optimizer_clock", self._handle, self._index(name))

    def set_clock(self, name: str, clock: int) -> None:
        self._core.optimizer_set_clock(self._handle, self._index(name), clock)

    def state(self) -> dict[str, object]:
        """Name -> array, such as "w/adam.m": to be read, and written between steps. With ranks it is right in what this one
        holds, and zero elsewhere, but for what gather_state() brought."""
        count = self._core.number("optimizer_state_count", self._handle, kind=c_size_t)
        return dict(self._tensor("optimizer_state", i) for i in range(count))

    def numbers(self) -> dict[str, object]:
        """Name -> array of one number, such as "plateau.rate"."""
        count = self._core.number("optimizer_number_count", self._handle, kind=c_size_t)
        return dict(self._tensor("optimizer_number", i) for i in range(count))

    def _tensor(self, function: str, index: int):
        tensor = Tensor()
        getattr(self._core, function)(self._handle, index, ctypes.byref(tensor))
        shape = tuple(tensor.shape[i] for i in range(tensor.rank))
        return tensor.name.decode(), _arrays.lent(tensor.data or 0, tensor.dtype, shape, self)

    def values(self) -> dict[str, object]:
        """Name -> array as it is now. Arrays that cannot change (JAX) come as new ones of their kind."""
        out = {}
        for name, array in self._arrays.items():
            copy = self._params._copies.get(name)
            out[name] = array if copy is None else _like(array, copy)
        return out

    def explain(self, json: bool = False) -> str:
        """The plan: phases, streams, bytes per element."""
        return self._core.text("chain_explain", encoded(self.chain), self._params.handle, int(json))

    # Saving

    def gather_state(self, root: int = 0) -> None:
        """Brings what the other ranks hold to one of them, until the next step. Every rank calls it."""
        self._core.optimizer_gather_state(self._handle, root)

    def _together(self, what: str):
        return nullcontext() if self._comm is None else self._comm.together(what)

    def _on_first(self, function: str, *arguments) -> None:
        """On the first rank, which has all of the state for that."""
        self.gather_state()
        with self._together(function):
            if self._comm is None or self._comm.rank == 0:
                getattr(self._core, function)(self._handle, *arguments)

    def save(self, path, *, wait: bool = True) -> None:
        """Parameters, state and clocks as one safetensors file, put there by atomic replacement. wait=False returns when
        all is copied: the file is written meanwhile, after one that is still being written. Where it cannot be, the next
        save or wait_saved() raises it."""
        self._on_first("optimizer_save" if wait else "optimizer_begin_save", encoded(_fspath(path)))

    def wait_saved(self) -> None:
        """Until what save(wait=False) began is written."""
        with self._together("optimizer_end_save"):
            self._core.optimizer_end_save(self._handle)

    def load(self, path, *, partial: bool = False, other_chain: bool = False, remap=None) -> dict:
        """All or nothing; the error lists every difference. partial: fills what matches; other_chain: of any chain,
        averages being kept by their meaning (adam to lion keeps m); remap: {name in the file: name here}, with `*` for
        any run of characters. Tells what was kept, what starts anew, what was dropped."""
        return self._load("optimizer_load", (encoded(_fspath(path)),), partial, other_chain, remap)

    def _load(self, function: str, source, partial: bool, other_chain: bool, remap) -> dict:
        import json

        remap = remap or {}
        names, count = texts(remap.keys())
        here, _ = texts(remap.values())
        options = LoadOptions(partial=partial, other_chain=other_chain, from_=ctypes.cast(names, c_void_p),
                              to=ctypes.cast(here, c_void_p), renames=count)
        with self._together(function):
            return json.loads(self._core.text(function, self._handle, *source, ctypes.byref(options)))

    def save_torch(self, path, by_name: bool = False) -> None:
        """The state as torch keeps it, "state.<index>.exp_avg" in safetensors: of momentum, adam, rmsprop, adagrad."""
        self._on_first("optimizer_save_torch", encoded(_fspath(path)), int(by_name))

    def load_torch(self, path, *, partial: bool = False, remap=None) -> dict:
        """The same, loaded: what torch's state_dict()["state"] has, saved under these names."""
        return self._load("optimizer_load_torch", (encoded(_fspath(path)),), partial, False, remap)

    def to_bytes(self) -> bytes:
        """What save() would write; of ranks the first one gets it, the others get nothing."""
        size = c_size_t()
        self._on_first("optimizer_save_memory", None, 0, ctypes.byref(size))
        buffer = (ctypes.c_char * size.value)()
        if size.value:
            self._core.optimizer_save_memory(self._handle, buffer, size.value, ctypes.byref(size))
        return buffer.raw

    def from_bytes(self, data: bytes, *, partial: bool = False, other_chain: bool = False, remap=None) -> dict:
        """The same as load(), of what to_bytes() gave."""
        return self._load("optimizer_load_memory", (data, len(data)), partial, other_chain, remap)

    def __copy__(self):
        raise TypeError("an Optimizer is bound to arrays; make another one, and give it to_bytes() of this one")

    __reduce__ = __deepcopy__ = lambda self, *_: self.__copy__()

    def __repr__(self) -> str:
        return f"Optimizer({len(self._params.names)} parameters, {self.chain!r}, updates={self.updates})"


def _like(array, copy):
    import jax.numpy  # what `array` is of

    return jax.numpy.array(copy)
