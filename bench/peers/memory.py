"""Buffers that every competitor is given alike: huge pages, streams at different offsets within a page."""

import mmap
from pathlib import Path

import numpy as np

HUGE_PAGE = 1 << 21
SMALLEST = 16 << 20  # bytes; below, what the interpreter takes meanwhile counts too
COLOUR = 576  # bytes; nine cache lines, as the library's own streams


def stream(count: int, colour: int) -> np.ndarray:
    """Zeros in float32 that live as long as the array. The mapping is private: a shared one gets no huge pages."""
    block = mmap.mmap(-1, count * 4 + 2 * HUGE_PAGE, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    block.madvise(mmap.MADV_HUGEPAGE)
    bytes_ = np.frombuffer(block, dtype=np.uint8)
    offset = -bytes_.ctypes.data % HUGE_PAGE + colour * COLOUR
    return bytes_[offset:offset + 4 * count].view(np.float32)


class Pages:
    """How much memory something takes, and how much of that lies on huge pages: what this process has more of at the
    end of a `with` block than at its beginning."""

    def __init__(self, *others):
        self.bytes = sum(other.bytes for other in others)
        self.huge = sum(other.huge for other in others)

    def __enter__(self):
        self.start = resident()
        return self

    def __exit__(self, *_):
        end = resident()
        self.bytes += end[0] - self.start[0]
        self.huge += end[1] - self.start[1]

    def share(self) -> float | None:
        """Of huge pages, at most 1; nothing where the streams are too small to say."""
        return round(min(1.0, max(0.0, self.huge / self.bytes)), 3) if self.bytes >= SMALLEST else None


def resident() -> tuple[int, int]:
    """The bytes of this process that no file backs, and those of them on huge pages."""
    fields = dict(line.split(":") for line in Path("/proc/self/smaps_rollup").read_text().splitlines()[1:])
    kilobytes = {name: int(value.split()[0]) for name, value in fields.items()}
    return (1024 * (kilobytes["Pss_Anon"] + kilobytes["Pss_Shmem"]),
            1024 * (kilobytes["AnonHugePages"] + kilobytes["ShmemPmdMapped"]))


def parts(whole: np.ndarray, sizes: list[int]) -> list[np.ndarray]:
    """One view a tensor, one after the other."""
    ends = np.cumsum(sizes)
    return [whole[end - size:end] for size, end in zip(sizes, ends)]


def fill(whole: np.ndarray, seed: int, scale: float) -> None:
    """Of either sign, between 1 and 2 times `scale`: no state becomes denormal."""
    random = np.random.default_rng(seed)
    step = 1 << 24
    for at in range(0, len(whole), step):
        some = random.random(min(step, len(whole) - at), dtype=np.float32)
        whole[at:at + step] = np.where(random.random(len(some), dtype=np.float32) < 0.5, -1, 1) * scale * (1 + some)
