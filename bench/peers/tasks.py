"""What is compared: for each task the tensors, the chain of the library, and what a step moves."""

from dataclasses import dataclass

ADAMW = "adam | decay(0.01) | lr(0.001)"


@dataclass(frozen=True)
class Task:
    rule: str  # what the peers are asked for
    chain: str
    limit: str  # the rule of bench/optimizer_step whose kernel and hand-written loop are the limit
    steps: int = 1  # each timed, their median being one sample
    layout: str = "one"  # of the tensors

    def sizes(self, size: int) -> list[int]:
        return LAYOUTS[self.layout](size)


def gpt(size: int) -> list[int]:
    """The 148 tensors of GPT-2 small, or of the widest of that shape with at most `size` elements."""
    for width in range(768, 0, -32):
        block = [width, width, 3 * width * width, 3 * width, width * width, width, width, width,
                 4 * width * width, 4 * width, 4 * width * width, width]
        sizes = [50257 * width, 1024 * width, *block * 12, width, width]
        if sum(sizes) <= max(size, sum(sizes) if width == 32 else 0):
            return sizes
    raise AssertionError("unreachable")


LAYOUTS = {
    "one": lambda size: [size],
    "gpt": gpt,
    "many": lambda size: [64] * min(10_000, max(1, size // 64)),
    "tiny": lambda _: [16],
}

TASKS = {
    "adamw": Task("adamw", ADAMW, "adamw"),
    "adamw_gpt": Task("adamw", ADAMW, "adamw", layout="gpt"),
    "adamw_many": Task("adamw", ADAMW, "adamw", steps=5, layout="many"),
    "adamw_tiny": Task("adamw", ADAMW, "adamw", steps=2000, layout="tiny"),
    "clip_adamw": Task("clip_adamw", "clip_norm(1) | " + ADAMW, "clip_norm+adamw"),
    "clip_adamw_ema": Task("clip_adamw_ema", "clip_norm(1) | " + ADAMW + " | average(decay=0.999)",
                           "clip_norm+adamw+average"),
    "rmsprop": Task("rmsprop", "rmsprop | lr(0.001)", "rmsprop"),
    "adagrad": Task("adagrad", "adagrad | lr(0.01)", "adagrad"),
}
