#!/usr/bin/env python3
"""Writes cases.json: values and gradients of the tape's arithmetic as torch computes them in float64.

Usage: make.py [CASES [LARGEST [SEED]]] > cases.json
Inputs are multiples of 1/8, none of them 0, so that most numbers are short.
"""

import json
import random
import sys

import torch


class Maker:
    """Random cases of each operation."""

    def __init__(self, largest: int, seed: int) -> None:
        self.random = random.Random(seed)
        self.largest = largest

    def size(self) -> int:
        return self.random.choice([1, 2, 3, self.random.randint(1, self.largest)])

    def shape(self, least: int = 0, most: int = 4) -> list[int]:
        return [self.size() for _ in range(self.random.randint(least, most))]

    def tensor(self, shape: list[int]) -> torch.Tensor:
        count = 1
        for size in shape:
            count *= size
        numbers = [self.random.choice([-1, 1]) * self.random.randint(1, 32) / 8 for _ in range(count)]
        return torch.tensor(numbers, dtype=torch.float64).reshape(shape)

    def narrowed(self, shape: list[int]) -> list[int]:
        """A shape that is broadcast to this one."""
        cut = self.random.randint(0, len(shape))
        return [1 if self.random.random() < 0.4 else size for size in shape[cut:]]

    def pair(self) -> list[torch.Tensor]:
        shape = self.shape()
        kind = self.random.randint(0, 3)
        left = shape if kind < 2 else self.narrowed(shape)
        right = shape if kind in (0, 2) else self.narrowed(shape)
        return [self.tensor(left), self.tensor(right)]

    def case(self, op: str) -> dict:
        args: dict = {}
        if op in ("add", "subtract", "multiply", "divide"):
            inputs = self.pair()
            function = {"add": torch.add, "subtract": torch.sub, "multiply": torch.mul, "divide": torch.div}[op]
            run = lambda: function(*inputs)  # noqa: E731
        elif op in ("add_number", "multiply_number"):
            inputs = [self.tensor(self.shape())]
            args["number"] = self.random.randint(-16, 16) / 8
            run = lambda: inputs[0] + args["number"] if op == "add_number" else inputs[0] * args["number"]  # noqa: E731
        elif op == "matmul":
            batch = self.shape(0, 2)
            n, k, m = self.size(), self.size(), self.size()
            left, right = [*self.narrowed(batch), n, k], [*self.narrowed(batch), k, m]
            kind = self.random.randint(0, 5)
            left, right = ([k] if kind == 0 else left), ([k] if kind == 1 else right)
            inputs = [self.tensor(left), self.tensor(right)]
            run = lambda: torch.matmul(*inputs)  # noqa: E731
        elif op in ("sum", "mean"):
            inputs = [self.tensor(self.shape())]
            rank = inputs[0].dim()
            axes = [axis - rank if self.random.random() < 0.5 else axis for axis in range(rank) if self.random.random() < 0.5]
            self.random.shuffle(axes)
            args |= {"axes": axes, "keep": self.random.random() < 0.5}
            function = torch.sum if op == "sum" else torch.mean
            run = lambda: function(inputs[0], dim=axes or list(range(rank)), keepdim=args["keep"])  # noqa: E731
        elif op == "expand":
            shape = self.shape()
            inputs = [self.tensor(self.narrowed(shape))]
            args["to"] = shape
            run = lambda: torch.broadcast_to(inputs[0], shape)  # noqa: E731
        elif op == "concat":
            shape = self.shape(1)
            axis = self.random.randrange(-len(shape), len(shape))
            parts = []
            for _ in range(self.random.randint(1, 3)):
                shape[axis] = self.size()
                parts.append(self.tensor(shape))
            inputs = parts
            args["axis"] = axis
            run = lambda: torch.cat(parts, axis)  # noqa: E731
        elif op == "slice":
            shape = self.shape(1)
            inputs = [self.tensor(shape)]
            axis = self.random.randrange(-len(shape), len(shape))
            begin = self.random.randint(0, shape[axis])
            end = self.random.randint(begin, shape[axis])
            run = lambda: inputs[0].narrow(axis, begin, end - begin)  # noqa: E731
            args |= {"axis": axis, "begin": begin if begin == shape[axis] or self.random.random() < 0.5 else begin - shape[axis],
                     "end": end if end == shape[axis] or self.random.random() < 0.5 else end - shape[axis]}
        elif op == "transpose":
            inputs = [self.tensor(self.shape(1))]
            rank = inputs[0].dim()
            args |= {"a": self.random.randrange(-rank, rank), "b": self.random.randrange(-rank, rank)}
            run = lambda: torch.transpose(inputs[0], args["a"], args["b"])  # noqa: E731
        else:
            inputs = [self.tensor(self.shape())]
            shape = self.random.sample(inputs[0].shape, inputs[0].dim())
            if shape:
                shape[self.random.randrange(len(shape))] = -1
            args["to"] = shape
            run = lambda: inputs[0].reshape(shape)  # noqa: E731
        for tensor in inputs:
            tensor.requires_grad_(True)
        value = run()
        upstream = self.tensor(list(value.shape))
        value.backward(upstream)
        listed = lambda x: x.detach().flatten().tolist()  # noqa: E731
        return {"op": op, **args, "inputs": [{"shape": list(x.shape), "values": listed(x), "grad": listed(x.grad)} for x in inputs],
                "shape": list(value.shape), "value": listed(value), "upstream": listed(upstream)}


OPS = ["add", "subtract", "multiply", "divide", "add_number", "multiply_number", "matmul", "sum", "mean", "expand", "concat",
       "slice", "transpose", "reshape"]


def main() -> None:
    count, largest, seed = (int(word) for word in [*sys.argv[1:], *"10 5 1".split()[len(sys.argv) - 1:]])
    maker = Maker(largest, seed)
    lines = [json.dumps(maker.case(op), separators=(",", ":")) for op in OPS for _ in range(count)]
    print("[" + ",\n".join(lines) + "]")


main()
