"""Columns of mean 0 and deviation 1, in double: what networks learn from best."""

from __future__ import annotations

import numpy

_ROWS = 4096  # that are looked at together: sums are over these, whatever the array's layout and type
_FLOAT_MOST = float(numpy.finfo(numpy.float32).max)


def _blocks(matrix):
    for first in range(0, len(matrix), _ROWS):
        yield numpy.ascontiguousarray(matrix[first:first + _ROWS], dtype=numpy.float64)


class Scaling:
    """mean and deviation of columns: to_scaled() takes them out, to_units() puts them back."""

    __slots__ = ("mean", "scale")

    def __init__(self, mean, scale):
        self.mean = mean
        self.scale = scale

    @classmethod
    def none(cls, columns: int) -> Scaling:
        return cls(numpy.zeros(columns), numpy.ones(columns))

    @classmethod
    def of(cls, matrix, weights=None) -> Scaling:
        """Columns that are constant but for rounding keep their unit, by the rule of scikit-learn's StandardScaler.
        weights: of the rows, at least 0."""
        rows, columns = matrix.shape
        count = rows if weights is None else weights.sum()
        least = numpy.full(columns, numpy.inf)
        most = -least
        for block in _blocks(matrix):
            numpy.minimum(least, block.min(axis=0), out=least)
            numpy.maximum(most, block.max(axis=0), out=most)
        # In a unit in which the largest is about 1 no square is too large or too small; being a power of two, it keeps
        # every digit.
        unit = numpy.frexp(numpy.maximum(-least, most))[1]

        def summed(block, first):
            return block.sum(axis=0) if weights is None else weights[first:first + len(block)] @ block

        starts = range(0, rows, _ROWS)
        mean = sum(summed(numpy.ldexp(block, -unit), first) for first, block in zip(starts, _blocks(matrix))) / count
        off, squares = numpy.zeros(columns), numpy.zeros(columns)
        for first, block in zip(starts, _blocks(matrix)):
            difference = numpy.ldexp(block, -unit) - mean
            off += summed(difference, first)
            squares += summed(numpy.square(difference), first)
        mean = mean + off / count
        variance = numpy.maximum(squares / count - numpy.square(off / count), 0)
        error = rows * numpy.finfo(numpy.float64).eps
        constant = (least == most) | (variance <= error * variance + numpy.square(error * mean))
        whole = numpy.where(least == most, least, numpy.ldexp(mean, unit))
        own = numpy.where(numpy.abs(whole) > _FLOAT_MOST, numpy.abs(whole), 1.0)
        return cls(whole, numpy.where(constant, own, numpy.ldexp(numpy.sqrt(variance), unit)))

    def to_scaled(self, matrix, dtype):
        """(x - mean) / deviation, worked out in double and rounded once; infinite where `dtype` cannot hold it."""
        out = numpy.empty(matrix.shape, dtype)
        first = 0
        with numpy.errstate(over="ignore"):
            for block in _blocks(matrix):
                out[first:first + len(block)] = (block - self.mean) / self.scale
                first += len(block)
        return out

    def to_units(self, scaled):
        return self.mean + self.scale * scaled.astype(numpy.float64)
