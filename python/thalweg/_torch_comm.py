"""Process groups of torch.distributed as ranks of the library: one message of it is a send or recv of the group."""

from __future__ import annotations

import socket
from weakref import WeakSet

import torch
import torch.distributed as dist

from ._comm import Comm
from ._library import Error, UsageError

_TAG = 28_784  # of its messages, so that they are not taken for others between the same ranks
_SMALL = 1 << 16  # bytes: those of longer messages lie in the memory of whoever steps, others anywhere
_LOST: list = []  # where messages may still land that nobody waits for: the group has failed


class _Messages:
    """Between the ranks of a group. Who waits has torch's own patience, the `timeout` of the group."""

    def __init__(self, group):
        self._group, self.rank, self.size = group, group.rank(), group.size()
        self._under_way: dict[int, tuple] = {}
        self._begun = 0
        self.owners: WeakSet = WeakSet()  # of the memory
        self._hosts: list = [None] * self.size
        dist.all_gather_object(self._hosts, socket.gethostname(), group=group)

    def host(self, rank: int) -> str:
        return self._hosts[rank]

    def send(self, to: int, memory: memoryview) -> int:
        tensor = torch.frombuffer(memory, dtype=torch.uint8)
        if tensor.numel() <= _SMALL:
            tensor = tensor.clone()
        return self._keep(self._group.send([tensor], to, _TAG), tensor, None, to, "it has not taken a message")

    def receive(self, from_: int, memory: memoryview) -> int:
        place = torch.frombuffer(memory, dtype=torch.uint8)
        tensor = torch.empty_like(place) if place.numel() <= _SMALL else place
        return self._keep(self._group.recv([tensor], from_, _TAG), tensor, place, from_, "nothing came from it")

    def _keep(self, work, tensor: torch.Tensor, place: torch.Tensor | None, rank: int, otherwise: str) -> int:
        self._begun += 1
        self._under_way[self._begun] = (work, tensor, place, rank, otherwise)
        return self._begun

    def done(self, number: int) -> bool:
        work, tensor, place, rank, otherwise = self._under_way[number]
        try:
            work.wait()
            if place is not None and place is not tensor:
                place.copy_(tensor)
            del self._under_way[number]
        except RuntimeError as error:
            _LOST.append((self, list(self.owners)))
            raise Error(f"rank {rank} on {self.host(rank)}: {otherwise}; got {error}; want an answer; look whether that "
                        "process runs") from error
        return True


class GroupComm(Comm):
    def __init__(self, group):
        self._messages = _Messages(group)
        super().__init__(self._messages)

    def keep(self, owner) -> None:
        """Its memory is where messages land."""
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
