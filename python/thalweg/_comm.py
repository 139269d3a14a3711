"""Comm: ranks, processes that step together."""

from __future__ import annotations

import ctypes
from contextlib import contextmanager
from ctypes import CFUNCTYPE, POINTER, c_char_p, c_int, c_size_t, c_ubyte, c_uint64, c_void_p

from ._library import Error, Struct, UsageError, core, encoded, own

_MESSAGE = CFUNCTYPE(c_int, c_void_p, c_int, c_void_p, c_size_t, POINTER(c_uint64))
_DONE = CFUNCTYPE(c_int, c_void_p, c_uint64, POINTER(c_int))
_ABORT = CFUNCTYPE(None, c_void_p, c_int, c_char_p)
_TEXT = CFUNCTYPE(c_void_p, c_void_p)
_TEXT_OF = CFUNCTYPE(c_void_p, c_void_p, c_int)


class _Calls(Struct):
    _fields_ = [("struct_size", c_size_t), ("context", c_void_p), ("rank", c_int), ("size", c_int), ("send", _MESSAGE),
                ("receive", _MESSAGE), ("done", _DONE), ("abort", _ABORT), ("host", _TEXT_OF), ("error", _TEXT)]


class _OwnCalls:
    """The functions of an object as C calls them."""

    def __init__(self, ranks):
        self._texts: dict[str, ctypes.Array] = {}
        self.calls = _Calls(rank=ranks.rank, size=ranks.size, send=_MESSAGE(self._message(ranks.send)),
                            receive=_MESSAGE(self._message(ranks.receive)), done=_DONE(self._done(ranks.done)),
                            error=_TEXT(self._error))
        if hasattr(ranks, "abort"):
            self.calls.abort = _ABORT(lambda _, code, why: self._guarded(lambda: ranks.abort(code, why.decode()) and None))
        if hasattr(ranks, "host"):
            self.calls.host = _TEXT_OF(self._host(ranks.host))

    @staticmethod
    def _guarded(function, *arguments):
        try:
            return function(*arguments)
        except BaseException as error:  # through C it cannot go
            own.raised = error
            return None

    def _message(self, function):
        def begin(rank, address, count, ticket):
            ticket[0] = int(function(rank, memoryview((c_ubyte * count).from_address(address)).cast("B")) or 0)
            return True

        return lambda _, *message: 0 if self._guarded(begin, *message) else 1

    def _done(self, function):
        def look(ticket, done):
            done[0] = int(bool(function(ticket)))
            return True

        return lambda _, *asked: 0 if self._guarded(look, *asked) else 1

    def _host(self, function):
        def call(_context, rank):
            try:
                return self._text("host", function(rank))
            except Exception:  # the message is of something else
                return None

        return call

    def _error(self, _context):
        error = own.raised
        return self._text("error", None if error is None else f"{type(error).__name__}: {error}")

    def _text(self, kind: str, text):
        """Where it lies until the next one."""
        if text is None:
            return None
        self._texts[kind] = ctypes.create_string_buffer(str(text).encode())
        return ctypes.addressof(self._texts[kind])


class Comm:
    """Ranks that step together, for `comm=` of an Optimizer.

        comm = thalweg.Comm()                    # what mpirun, srun, ... has started; one rank, alone, without
        comm = thalweg.Comm(MPI.COMM_WORLD)      # a communicator of mpi4py, which is duplicated

    Or an object with messages of one's own: rank, size; send(to, memory) and receive(from_, memory), which begin a message
    of all bytes of a memoryview and return a number for it; done(number), whether it has left or has come, which does not
    wait for it; and, if it likes, abort(code, why), which ends all ranks, and host(rank). The k-th message that one rank sends to
    another is the k-th that this receives from it. deadline: seconds that a rank waits for another one."""

    def __init__(self, ranks=None, *, deadline: float = 300):
        self._core, self.handle = core(), 0
        if ranks is None:
            launched = self._core.number("comm_launched", kind=c_int)
            self.handle = self._core.made("comm_create_mpi", None) if launched else self._core.made("comm_create_self")
        elif hasattr(ranks, "py2f"):
            self.handle = self._core.made("comm_create_mpi", ctypes.byref(c_int(ranks.py2f())))
        else:
            for name in ("rank", "size", "send", "receive", "done"):
                if not hasattr(ranks, name):
                    raise UsageError(f"comm: it has no `{name}`; got {type(ranks).__name__}; want a communicator of mpi4py, "
                                     "or an object with rank, size, send, receive and done")
            self._own = _OwnCalls(ranks)  # lives as long as what calls it
            self.handle = self._core.made("comm_create", ctypes.byref(self._own.calls))
        self._core.comm_set_deadline(self.handle, deadline)
        rank, size = c_int(), c_int()
        self._core.comm_shape(self.handle, ctypes.byref(rank), ctypes.byref(size))
        self.rank, self.size = rank.value, size.value

    def __del__(self):
        if getattr(self, "handle", 0):
            self._core.raw("comm_destroy")(self.handle)

    def most(self, here: int) -> int:
        """The greatest of what the ranks say: whether one has failed, or wants to stop."""
        return self._core.number("comm_most", self.handle, int(here), kind=c_int)

    def abort(self, code: int, why: str) -> None:
        """Ends all ranks with this exit code, where this one cannot go on: else they wait until their deadline."""
        self._core.comm_abort(self.handle, code, encoded(why))
        raised, own.raised = own.raised, None
        if raised is not None:
            raise raised

    @contextmanager
    def together(self, what: str):
        """What fails on one rank inside fails on all of them."""
        failed = None
        try:
            yield
        except Exception as error:
            failed = error
        others = self.most(failed is not None)
        if failed is not None:
            raise failed
        if others:
            raise Error(f"{what}: another rank could not; want it done on all ranks; see the error there")

    def __repr__(self) -> str:
        return f"Comm(rank {self.rank} of {self.size})"
