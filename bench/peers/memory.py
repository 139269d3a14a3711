"""Buffers that every competitor is given alike: huge pages, streams at different offsets within a page."""

import mmap

import numpy as np

HUGE_PAGE = 1 << 21
COLOUR = 576  # bytes; nine cache lines, as the library's own streams


def stream(count: int, colour: int) -> np.ndarray:
    """Zeros in float32 that live as long as the array."""
    block = mmap.mmap(-1, count * 4 + 2 * HUGE_PAGE)
    block.madvise(mmap.MADV_HUGEPAGE)
    bytes_ = np.frombuffer(block, dtype=np.uint8)
    offset = -bytes_.ctypes.data % HUGE_PAGE + colour * COLOUR
    return bytes_[offset:offset + 4 * count].view(np.float32)


def parts(whole: np.ndarray, sizes: list[int]) -> list[np.ndarray]:
    """One view a tensor, one behind the other."""
    ends = np.cumsum(sizes)
    return [whole[end - size:end] for size, end in zip(sizes, ends)]


def fill(whole: np.ndarray, seed: int, scale: float) -> None:
    """Of either sign, between 1 and 2 times `scale`: no state becomes denormal."""
    random = np.random.default_rng(seed)
    step = 1 << 24
    for at in range(0, len(whole), step):
        some = random.random(min(step, len(whole) - at), dtype=np.float32)
        whole[at:at + step] = np.where(random.random(len(some), dtype=np.float32) < 0.5, -1, 1) * scale * (1 + some)
