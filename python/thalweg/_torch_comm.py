"""Process groups of torch.distributed as ranks of the library: one message of it is a send or recv of the group."""

from __future__ import annotations

import socket
import time
from queue import SimpleQueue
from threading import Thread
from weakref import WeakSet

import torch
import torch.distributed as dist

from ._comm import Comm
from ._library import Error, UsageError

_TAG = 28_784  # of its messages, so that they are not taken for others between the same ranks
_SMALL = 1 << 16  # bytes: those of longer messages lie in the memory of whoever steps, others anywhere
_MOMENT = 20e-6  # seconds


class _Message:
    over, error = False, None

    def __init__(self, work, tensor: torch.Tensor, place: torch.Tensor | None, owners: tuple):
        self.work, self.tensor, self.place = work, tensor, place
        self.owners = owners  # of the memory, which stays until nothing can come any more


class _Line:
    """Messages to or from one rank, in order. Gloo knows of one that is over by waiting for it alone: a thread does."""

    def __init__(self):
        self._queue: SimpleQueue = SimpleQueue()
        Thread(target=self._wait, args=(self._queue,), daemon=True).start()

    @staticmethod
    def _wait(queue: SimpleQueue) -> None:
        for message in iter(queue.get, None):
            try:
                message.work.wait()
            except RuntimeError as error:
                message.error = error
            message.over = True
            message = None  # what it keeps may go

    def add(self, message: _Message) -> None:
        self._queue.put(message)

    def __del__(self):
        self._queue.put(None)


class _Messages:
    """Between the ranks of a group."""

    def __init__(self, group):
        self._group, self.rank, self.size = group, group.rank(), group.size()
        self._lines: dict[tuple[int, str], _Line] = {}
        self._under_way: dict[int, tuple[_Message, int, str]] = {}
        self._begun = 0
        self.owners: WeakSet = WeakSet()  # of memory that messages are of
        self._hosts: list = [None] * self.size
        dist.all_gather_object(self._hosts, socket.gethostname(), group=group)

    def host(self, rank: int) -> str:
        return self._hosts[rank]

    def send(self, to: int, memory: memoryview) -> int:
        tensor = torch.frombuffer(memory, dtype=torch.uint8)
        if tensor.numel() <= _SMALL:
            tensor = tensor.clone()
        return self._begin(self._group.send([tensor], to, _TAG), tensor, None, to, "it has not taken a message")

    def receive(self, from_: int, memory: memoryview) -> int:
        place = torch.frombuffer(memory, dtype=torch.uint8)
        tensor = torch.empty_like(place) if place.numel() <= _SMALL else place
        return self._begin(self._group.recv([tensor], from_, _TAG), tensor, place, from_, "nothing came from it")

    def _begin(self, work, tensor: torch.Tensor, place: torch.Tensor | None, rank: int, otherwise: str) -> int:
        message = _Message(work, tensor, place, tuple(self.owners))
        self._begun += 1
        self._under_way[self._begun] = (message, rank, otherwise)
        line = self._lines.get((rank, otherwise))
        if line is None:
            line = self._lines[rank, otherwise] = _Line()
        line.add(message)
        return self._begun

    def done(self, number: int) -> bool:
        message, rank, otherwise = self._under_way[number]
        if not message.over:
            time.sleep(_MOMENT)  # who waits for it gets to say so
            return False
        del self._under_way[number]
        if message.error is not None:
            raise Error(f"rank {rank} on {self.host(rank)}: {otherwise}; got {message.error}; want an answer; look whether "
                        "that process runs") from message.error
        if message.place is not None and message.place is not message.tensor:
            message.place.copy_(message.tensor)
        return True


class GroupComm(Comm):
    def __init__(self, group):
        self._messages = _Messages(group)
        super().__init__(self._messages)

    def keep(self, owner) -> None:
        """Its memory is what messages are of."""
        self._messages.owners.add(owner)


def comm_of(group) -> GroupComm:
    """The ranks of a process group, None being all of them. Each of them calls it."""
    if not dist.is_available() or not dist.is_initialized():
        raise UsageError("process_group: torch.distributed has not begun; want torch.distributed.init_process_group("
                         'backend="gloo") before')
    group = dist.group.WORLD if group is None else group
    if not hasattr(group, "send"):
        raise UsageError(f"process_group: this process is not in it; got {group!r}; want a group that has rank "
                         f"{dist.get_rank()}")
    backend = dist.get_backend(group)
    if backend == "nccl":
        raise UsageError(f"process_group: it does not carry tensors of the CPU; got {backend}; want gloo; "
                         'torch.distributed.new_group(backend="gloo") makes one beside it')
    return GroupComm(group)
