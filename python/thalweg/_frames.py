"""Data frames as rows of numbers, by the protocols that they have themselves: pandas', polars', Arrow's, anybody's.

First __arrow_c_stream__ (the Arrow C stream interface), else __dataframe__ (the interchange protocol of data frames):
no library of frames is imported. What is missing becomes NaN; a column of text or categories is an error that names it.
"""

from __future__ import annotations

import ctypes
import warnings
from collections.abc import Iterator
from ctypes import CFUNCTYPE, POINTER, Structure, byref, c_char_p, c_int, c_int64, c_void_p

import numpy

from ._library import UsageError


def to_matrix(frame, where: str):
    """rows x columns in float64 of a data frame; what is none as it was given. `where`: what errors call it."""
    try:
        blocks = _read(frame, where)
    except UsageError:
        raise
    except (TypeError, ValueError, NotImplementedError) as error:  # of the frame's own library, which names the column
        raise UsageError(f"{where}: its columns cannot be read as numbers; got {'; '.join(map(str, error.args))}; want "
                         f"integers, floating-point numbers or booleans") from error
    if blocks is None:
        return frame
    return blocks[0] if len(blocks) == 1 else numpy.concatenate(blocks)


def _read(frame, where: str) -> list | None:
    if hasattr(frame, "__arrow_c_stream__"):
        try:
            # The index of pandas would come as a column.
            unnamed = frame.reset_index(drop=True) if hasattr(frame, "reset_index") else frame
            reader = _Reader(unnamed.__arrow_c_stream__(), where)
            return _arrow_blocks(reader, where) if reader.schema.format == b"+s" else None  # a single column
        except ImportError:  # pandas without pyarrow
            pass
    if not hasattr(frame, "__dataframe__"):
        return None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that the protocol is older than Arrow's
        return _interchanged_blocks(frame.__dataframe__(), where)


def _refuse(where: str, column: str, got: str):
    raise UsageError(f"{where}: column `{column}` does not hold numbers; got {got}; want integers, floating-point "
                     "numbers or booleans; leave it out, or encode it first (OrdinalEncoder, OneHotEncoder, "
                     "TargetEncoder of scikit-learn)")


def _unpacked_bits(address: int, start: int, count: int):
    """Elements start ... of a bitmap, least significant bit first, as booleans."""
    first = start // 8
    packed = _elements(address + first, numpy.uint8, (start + count + 7) // 8 - first)
    bits = numpy.unpackbits(packed, bitorder="little")
    return bits[start - 8 * first:][:count].astype(bool)


def _elements(address: int, dtype, count: int):
    """Memory of somebody else as an array; valid while its owner is."""
    if count == 0:
        return numpy.empty(0, dtype)
    size = numpy.dtype(dtype).itemsize * count
    return numpy.frombuffer((ctypes.c_char * size).from_address(address), dtype, count)


# Arrow: https://arrow.apache.org/docs/format/CDataInterface.html and CStreamInterface.html


class _Schema(Structure):
    pass


class _Array(Structure):
    pass


class _Stream(Structure):
    pass


_Schema._fields_ = [("format", c_char_p), ("name", c_char_p), ("metadata", c_void_p), ("flags", c_int64),
                    ("n_children", c_int64), ("children", POINTER(POINTER(_Schema))),
                    ("dictionary", POINTER(_Schema)), ("release", CFUNCTYPE(None, POINTER(_Schema))),
                    ("private_data", c_void_p)]
_Array._fields_ = [("length", c_int64), ("null_count", c_int64), ("offset", c_int64), ("n_buffers", c_int64),
                   ("n_children", c_int64), ("buffers", POINTER(c_void_p)), ("children", POINTER(POINTER(_Array))),
                   ("dictionary", POINTER(_Array)), ("release", CFUNCTYPE(None, POINTER(_Array))),
                   ("private_data", c_void_p)]
_Stream._fields_ = [("get_schema", CFUNCTYPE(c_int, POINTER(_Stream), POINTER(_Schema))),
                    ("get_next", CFUNCTYPE(c_int, POINTER(_Stream), POINTER(_Array))),
                    ("get_last_error", CFUNCTYPE(c_char_p, POINTER(_Stream))),
                    ("release", CFUNCTYPE(None, POINTER(_Stream))), ("private_data", c_void_p)]

_ARROW = {"c": "i1", "C": "u1", "s": "i2", "S": "u2", "i": "i4", "I": "u4", "l": "i8", "L": "u8", "e": "f2",
          "f": "f4", "g": "f8"}
_ARROW_WORDS = {"u": "text", "U": "text", "vu": "text", "z": "bytes", "Z": "bytes", "vz": "bytes", "d": "decimals",
                "t": "dates or times", "+": "lists or records", "w": "bytes"}

_CapsulePointer = ctypes.PYFUNCTYPE(c_void_p, ctypes.py_object, c_char_p)(("PyCapsule_GetPointer", ctypes.pythonapi))


class _Reader:
    """A stream of batches, which keeps what it comes from; its schema is released with it."""

    def __init__(self, capsule, where: str):
        self._capsule = capsule  # whose destructor releases the stream
        self._where = where
        self._stream = _Stream.from_address(_CapsulePointer(capsule, b"arrow_array_stream"))
        self.schema = _Schema()
        self._check(self._stream.get_schema(byref(self._stream), byref(self.schema)))

    def _check(self, status: int) -> None:
        if status:
            told = self._stream.get_last_error(byref(self._stream)) or b"no reason"
            raise UsageError(f"{self._where}: its Arrow stream cannot be read; got {told.decode(errors='replace')}; "
                             "want a table of columns")

    def batches(self) -> Iterator[_Array]:
        while True:
            batch = _Array()
            self._check(self._stream.get_next(byref(self._stream), byref(batch)))
            if not batch.release:
                return
            try:
                yield batch
            finally:
                batch.release(byref(batch))

    def __del__(self):
        if hasattr(self, "schema") and self.schema.release:
            self.schema.release(byref(self.schema))


def _arrow_blocks(reader: _Reader, where: str) -> list:
    columns = [reader.schema.children[i].contents for i in range(reader.schema.n_children)]
    for column in columns:
        _check_arrow(column, where)
    blocks = []
    for batch in reader.batches():
        block = numpy.empty((batch.length, len(columns)))
        for i, column in enumerate(columns):
            block[:, i] = _arrow_numbers(column.format.decode(), batch.children[i].contents, batch)
        blocks.append(block)
    return blocks or [numpy.empty((0, len(columns)))]


def _check_arrow(column: _Schema, where: str) -> None:
    text, name = column.format.decode(), (column.name or b"").decode(errors="replace")
    if column.dictionary:
        _refuse(where, name, "categories")
    if text not in _ARROW and text not in ("b", "n"):
        _refuse(where, name, _ARROW_WORDS.get(text) or _ARROW_WORDS.get(text[:1], f"Arrow's type {text!r}"))


def _arrow_numbers(text: str, column: _Array, batch: _Array):
    if text == "n":
        return numpy.full(batch.length, numpy.nan)
    start = batch.offset + column.offset  # a record's offset counts for its columns too
    if batch.length == 0:
        return numpy.empty(0)
    if text == "b":
        numbers = _unpacked_bits(column.buffers[1], start, batch.length).astype(float)
    else:
        size = numpy.dtype(_ARROW[text]).itemsize
        numbers = _elements(column.buffers[1] + start * size, _ARROW[text], batch.length)
    if column.null_count == 0 or not column.buffers[0]:
        return numbers
    return numpy.where(_unpacked_bits(column.buffers[0], start, batch.length), numbers, numpy.nan)


# The interchange protocol: https://data-apis.org/dataframe-protocol/latest/API.html

_INTEGER, _UNSIGNED, _FLOAT, _BOOLEAN = 0, 1, 2, 20
_LETTERS = {_INTEGER: "i", _UNSIGNED: "u", _FLOAT: "f"}
_KIND_WORDS = {21: "text", 22: "dates or times", 23: "categories"}
_NULL_NAN, _NULL_SENTINEL, _NULL_BITS, _NULL_BYTES = 1, 2, 3, 4


def _interchanged_blocks(frame, where: str) -> list:
    names = [str(name) for name in frame.column_names()]
    blocks = []
    for chunk in frame.get_chunks():
        block = numpy.empty((chunk.num_rows(), len(names)))
        for i, name in enumerate(names):
            block[:, i] = _interchanged_numbers(chunk.get_column(i), name, where)
        blocks.append(block)
    return blocks or [numpy.empty((0, len(names)))]


def _interchanged_numbers(column, name: str, where: str):
    kind, bits = int(column.dtype[0]), int(column.dtype[1])
    if kind != _BOOLEAN and kind not in _LETTERS:
        _refuse(where, name, _KIND_WORDS.get(kind, f"a column of kind {kind}"))
    count, start = column.size(), column.offset
    if count == 0:
        return numpy.empty(0)
    buffers = column.get_buffers()
    address = buffers["data"][0].ptr
    if kind == _BOOLEAN and bits == 1:
        numbers = _unpacked_bits(address, start, count).astype(float)
    else:
        dtype = numpy.dtype("u1" if kind == _BOOLEAN else f"{_LETTERS[kind]}{bits // 8}")
        numbers = _elements(address + start * dtype.itemsize, dtype, count).astype(float)
    missing = _missing(column, buffers, start, count, numbers)
    return numbers if missing is None else numpy.where(missing, numpy.nan, numbers)


def _missing(column, buffers, start: int, count: int, numbers):
    """Which elements are; None: none, or those that are NaN already."""
    how, value = column.describe_null
    if int(how) == _NULL_SENTINEL:
        return numbers == value
    if int(how) not in (_NULL_BITS, _NULL_BYTES) or buffers["validity"] is None:
        return None
    address = buffers["validity"][0].ptr
    if int(how) == _NULL_BITS:
        marks = _unpacked_bits(address, start, count)
    else:
        marks = _elements(address + start, "u1", count).astype(bool)
    return marks == bool(value)  # `value` is the mark of what is missing
