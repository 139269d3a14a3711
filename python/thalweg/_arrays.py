"""Memory of others: whose it is, what it holds, where it lies. Nothing is ever copied without being asked."""

from __future__ import annotations

import ctypes
from operator import index
from ctypes import c_char_p, c_int, c_int32, c_int64, c_size_t, c_ssize_t, c_uint8, c_uint16, c_uint64, c_void_p

from ._library import UsageError, core, numpy_if_loaded

F32, F64 = 0, 1
_NAMES = {F32: "float32", F64: "float64"}
_SIZES = {F32: 4, F64: 8}
_ELEMENTS = {F32: ctypes.c_float, F64: ctypes.c_double}
_FORMATS = {"f": F32, "<f": F32, "=f": F32, "@f": F32, "d": F64, "<d": F64, "=d": F64, "@d": F64}
_TYPESTRS = {"<f4": F32, "<f8": F64}


class View:
    """Contiguous elements of somebody's array, which is kept as it is meanwhile."""

    __slots__ = ("address", "dtype", "shape", "keeps")

    def __init__(self, address: int, dtype: int, shape: tuple[int, ...], keeps):
        self.address = address
        self.dtype = dtype
        self.shape = shape
        self.keeps = keeps


class _PyBuffer(ctypes.Structure):
    _fields_ = [("buf", c_void_p), ("obj", ctypes.py_object), ("len", c_ssize_t), ("itemsize", c_ssize_t),
                ("readonly", c_int), ("ndim", c_int), ("format", c_char_p), ("shape", ctypes.POINTER(c_ssize_t)),
                ("strides", ctypes.POINTER(c_ssize_t)), ("suboffsets", ctypes.POINTER(c_ssize_t)),
                ("internal", c_void_p)]


_GetBuffer = ctypes.pythonapi.PyObject_GetBuffer
_GetBuffer.argtypes = [ctypes.py_object, ctypes.POINTER(_PyBuffer), c_int]
_GetBuffer.restype = c_int
_ReleaseBuffer = ctypes.pythonapi.PyBuffer_Release
_ReleaseBuffer.argtypes = [ctypes.POINTER(_PyBuffer)]
_ReleaseBuffer.restype = None
_STRIDES_AND_FORMAT = 0x0018 | 0x0004  # PyBUF_STRIDES, PyBUF_FORMAT


class _Export:
    """A buffer that its owner cannot move or resize while this lives."""

    __slots__ = ("buffer",)

    def __init__(self, owner):
        self.buffer = _PyBuffer()
        _GetBuffer(owner, ctypes.byref(self.buffer), _STRIDES_AND_FORMAT)

    def __del__(self):
        _ReleaseBuffer(ctypes.byref(self.buffer))


def _fail(name: str, what: str, got: str, want: str, hint: str = ""):
    raise UsageError(f"`{name}`: {what}; got {got}; want {want}" + (f"; {hint}" if hint else ""))


def _contiguous(shape, strides, itemsize: int) -> bool:
    expected = itemsize
    for size, stride in zip(reversed(shape), reversed(strides)):
        if size != 1 and stride != expected and 0 not in shape:
            return False
        expected *= size
    return True


def _check(name: str, dtype, got: str, shape, strides, readonly: bool, writable: bool) -> None:
    if dtype is None:
        _fail(name, "not of a type that is optimized", got, "float32 or float64, in this machine's byte order",
              "convert it first; a copy is never made behind your back")
    if strides is not None and not _contiguous(shape, strides, _SIZES[dtype]):
        _fail(name, "its elements do not follow each other", f"strides {tuple(strides)}", "a C-contiguous array",
              "numpy.ascontiguousarray makes one")
    if writable and readonly:
        _fail(name, "it is read-only", "memory that may not be written", "a writable array")


def _by_buffer(obj, name: str, writable: bool) -> View:
    export = _Export(obj)
    b = export.buffer
    shape = tuple(b.shape[i] for i in range(b.ndim))
    strides = tuple(b.strides[i] for i in range(b.ndim)) if b.strides else None
    text = (b.format or b"B").decode()
    _check(name, _FORMATS.get(text), f"elements of format {text!r}", shape, strides, bool(b.readonly), writable)
    return View(b.buf or 0, _FORMATS[text], shape, export)


def _by_interface(obj, name: str, writable: bool) -> View:
    interface = obj.__array_interface__
    shape, text = tuple(interface["shape"]), interface["typestr"]
    address, readonly = interface["data"]
    _check(name, _TYPESTRS.get(text), f"elements of type {text!r}", shape, interface.get("strides"), readonly,
           writable)
    return View(address, _TYPESTRS[text], shape, obj)


class _DLTensor(ctypes.Structure):
    _fields_ = [("data", c_void_p), ("device_type", c_int32), ("device_id", c_int32), ("ndim", c_int32),
                ("code", c_uint8), ("bits", c_uint8), ("lanes", c_uint16), ("shape", ctypes.POINTER(c_int64)),
                ("strides", ctypes.POINTER(c_int64)), ("byte_offset", c_uint64)]


class _Versioned(ctypes.Structure):
    _fields_ = [("major", ctypes.c_uint32), ("minor", ctypes.c_uint32), ("context", c_void_p),
                ("deleter", c_void_p), ("flags", c_uint64), ("tensor", _DLTensor)]


_CapsulePointer = ctypes.pythonapi.PyCapsule_GetPointer
_CapsulePointer.argtypes = [ctypes.py_object, c_char_p]
_CapsulePointer.restype = c_void_p
_CapsuleName = ctypes.pythonapi.PyCapsule_GetName
_CapsuleName.argtypes = [ctypes.py_object]
_CapsuleName.restype = c_char_p
_CPU, _FLOAT = 1, 2


def _capsule_of(obj):
    try:
        return obj.__dlpack__(max_version=(1, 0))
    except TypeError:  # from before versions
        return obj.__dlpack__()


def _by_dlpack(obj, name: str, writable: bool) -> View:
    device, number = obj.__dlpack_device__()
    if int(device) != _CPU:
        _fail(name, "it is not in this machine's memory", f"device {int(device)}:{number}", "an array on the CPU")
    capsule = _capsule_of(obj.detach() if hasattr(obj, "detach") else obj)  # its destructor frees what it exports
    called = _CapsuleName(capsule)
    if called not in (b"dltensor", b"dltensor_versioned"):
        _fail(name, "its DLPack capsule was used before, or is none", repr(called), "a capsule of its own")
    versioned = called == b"dltensor_versioned"
    pointer = _CapsulePointer(capsule, called)
    if versioned:
        whole = _Versioned.from_address(pointer)
        if whole.major != 1:
            _fail(name, "its DLPack is of another version", f"{whole.major}.{whole.minor}", "1.x")
        tensor, readonly = whole.tensor, bool(whole.flags & 1)
    else:
        tensor, readonly = _DLTensor.from_address(pointer), _is_jax(obj)
    dtype = {(32, _FLOAT): F32, (64, _FLOAT): F64}.get((tensor.bits, tensor.code)) if tensor.lanes == 1 else None
    shape = tuple(tensor.shape[i] for i in range(tensor.ndim))
    itemsize = tensor.bits // 8
    strides = tuple(tensor.strides[i] * itemsize for i in range(tensor.ndim)) if tensor.strides else None
    _check(name, dtype, f"DLPack type {tensor.code} of {tensor.bits} bits", shape, strides, readonly, writable)
    return View((tensor.data or 0) + tensor.byte_offset, dtype, shape, (capsule, obj))


def _is_jax(obj) -> bool:
    return type(obj).__module__.partition(".")[0] in ("jax", "jaxlib")


def is_immutable(obj) -> bool:
    """Whether an array never changes, so that new ones have to be given in its place."""
    return _is_jax(obj)


def view(obj, name: str, writable: bool) -> View:
    """The memory of an array: NumPy's, torch's, array.array, whatever has the buffer protocol, DLPack or
    __array_interface__. Raises UsageError for another type, gaps between elements and memory that may not be written."""
    if isinstance(obj, (bytes, str)):
        _fail(name, "not an array", type(obj).__name__, "an array of float32 or float64")
    try:
        return _by_buffer(obj, name, writable)
    except (TypeError, BufferError):
        pass
    if hasattr(obj, "__dlpack__") and hasattr(obj, "__dlpack_device__"):
        return _by_dlpack(obj, name, writable)
    if hasattr(obj, "__array_interface__"):
        return _by_interface(obj, name, writable)
    _fail(name, "not an array", type(obj).__name__, "an array of float32 or float64",
          "anything with the buffer protocol, DLPack or __array_interface__")


def lent(address: int, dtype: int, shape: tuple[int, ...], owner):
    """Memory of the library as an array: NumPy's where NumPy is loaded, else a memoryview. Keeps `owner`."""
    count = 1
    for size in shape:
        count *= size
    kind = _ELEMENTS[dtype] * count
    array = kind.from_address(address) if count else kind()
    array.owner = owner
    numpy = numpy_if_loaded()
    if numpy is not None:
        return numpy.ctypeslib.as_array(array).reshape(shape)
    flat = memoryview(array).cast("B")
    return flat.cast("f" if dtype == F32 else "d", shape) if shape and count else flat.cast("f" if dtype == F32 else "d")


class _Memory:
    """Memory of thalweg_memory_create."""

    def __init__(self, bytes_wanted: int):
        address = c_void_p()
        core().memory_create(c_size_t(bytes_wanted), ctypes.byref(address))
        self.address = address.value
        self._free = core().raw("memory_destroy")

    def __del__(self):
        if getattr(self, "address", None):
            self._free(self.address)


def empty(shape, dtype="float32"):
    """Zeroed memory for parameters and gradients, on huge pages from 2 MiB on: a step over pages of 4 KiB takes some
    1.3 times as long. A NumPy array where NumPy is loaded, else a memoryview. dtype: float32 or float64."""
    shape = (index(shape),) if hasattr(shape, "__index__") else tuple(index(size) for size in shape)
    name = getattr(dtype, "__name__", None) or getattr(dtype, "name", None) or str(dtype)
    found = {"float32": F32, "f": F32, "<f4": F32, "float64": F64, "d": F64, "<f8": F64, "float": F64}.get(name)
    if found is None:
        _fail("dtype", "not a type that is optimized", repr(dtype), "float32 or float64")
    if any(size < 0 for size in shape):
        _fail("shape", "a negative size", str(shape), "sizes of at least 0")
    count = 1
    for size in shape:
        count *= size
    memory = _Memory(max(count * _SIZES[found], 1))
    return lent(memory.address, found, shape, memory)
