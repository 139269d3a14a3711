"""Finds the shared libraries and calls their C functions."""

from __future__ import annotations

import ctypes
import sys
import threading
from ctypes import POINTER, c_char_p, c_double, c_int, c_size_t, c_void_p
from ctypes import c_int64, c_uint64
from pathlib import Path

ABI_VERSION = 1
SONAME = "0.1"


class Error(Exception):
    """What the library could not do: where, what, got, want, what to try."""


class UsageError(Error, ValueError):
    """A text, an option or a call is wrong: change the call."""


class DataError(Error):
    """A file is missing, unreadable, malformed or does not fit: change the file."""


class ResourceError(Error, MemoryError):
    """Memory, disk or threads ran out."""


class DivergedError(Error, ArithmeticError):
    """What should be a number is not: change the rate or the data."""


_ERRORS = {2: UsageError, 3: DataError, 4: ResourceError, 5: DivergedError}


class Struct(ctypes.Structure):
    """A structure that says its size, as every one of the C ABI does."""

    def __init__(self, **fields):
        for name, value in fields.items():
            kind = next(kind for field, kind in self._fields_ if field == name)
            if kind in (c_size_t, c_uint64, c_int):
                check_whole(name, value, *((0, 2**64 - 1) if kind is not c_int else (-(2**31), 2**31 - 1)))
        super().__init__(ctypes.sizeof(type(self)), **fields)


class Tensor(Struct):
    _fields_ = [("struct_size", c_size_t), ("name", c_char_p), ("dtype", c_int), ("rank", c_size_t),
                ("shape", POINTER(c_int64)), ("size", c_uint64), ("data", c_void_p)]


class OptimizerOptions(Struct):
    _fields_ = [("struct_size", c_size_t), ("threads", c_int), ("grad_norm", c_int), ("statistics", c_int),
                ("seconds", c_int), ("zero_grad", c_int), ("most_skips", c_int), ("nonfinite", c_char_p),
                ("simd", c_char_p), ("comm", c_void_p), ("whole_state", c_int)]


class StepInput(Struct):
    _fields_ = [("struct_size", c_size_t), ("weight", c_double), ("grad_norm", c_double), ("last", c_int),
                ("statistics", c_int)]


class LoadOptions(Struct):
    _fields_ = [("struct_size", c_size_t), ("partial", c_int), ("other_chain", c_int), ("from_", c_void_p),
                ("to", c_void_p), ("renames", c_size_t)]


class ParameterReport(Struct):
    _fields_ = [("struct_size", c_size_t), ("grad_norm", c_double), ("value_norm", c_double),
                ("update_norm", c_double), ("update_ratio", c_double)]


class Samples(Struct):
    _fields_ = [("struct_size", c_size_t), ("rows", c_size_t), ("features", c_size_t), ("inputs", c_void_p),
                ("classes", c_size_t), ("labels", c_void_p), ("columns", c_size_t), ("values", c_void_p),
                ("weights", c_void_p)]


class TrainerOptions(Struct):
    _fields_ = [("struct_size", c_size_t), ("batch", c_size_t), ("accumulate", c_size_t), ("epochs", c_uint64),
                ("seed", c_uint64), ("threads", c_int), ("order", c_char_p), ("nonfinite", c_char_p),
                ("chunk", c_size_t), ("checkpoint", c_int), ("compute", c_char_p), ("statistics_batches", c_size_t),
                ("fuse", c_int)]


class Evaluation(Struct):  # the first fields, which need no scores of all samples
    _fields_ = [("struct_size", c_size_t), ("samples", c_uint64), ("loss", c_double), ("accuracy", c_double),
                ("r2", c_double), ("mae", c_double)]


class Predictions(Struct):
    _fields_ = [("struct_size", c_size_t), ("rows", c_size_t), ("columns", c_size_t), ("classes", c_int),
                ("names", POINTER(c_char_p)), ("numbers", POINTER(c_double)), ("best", c_void_p),
                ("id", c_char_p), ("ids", POINTER(c_char_p))]


# What the arguments of each function are: p a pointer or handle, s text, z a size, u a 64-bit count, i an int,
# d a double. All give a status but those of _TEXTS and _NUMBERS.
_CORE = {
    "thalweg_list": "sp", "thalweg_help": "sp", "thalweg_memory_create": "zp", "thalweg_memory_destroy": "p",
    "thalweg_params_create": "p", "thalweg_params_destroy": "p", "thalweg_params_adopt": "pszpippip",
    "thalweg_params_add": "pszpiip", "thalweg_params_rebind": "pzpp", "thalweg_params_set_gradients": "ppz",
    "thalweg_params_set_absent": "pzi", "thalweg_params_set_frozen": "pzi", "thalweg_params_count": "pp",
    "thalweg_params_find": "psp", "thalweg_params_value": "pzp", "thalweg_params_gradient": "pzp",
    "thalweg_params_small_pages": "ppz", "thalweg_chain_print": "sip", "thalweg_chain_explain": "spip",
    "thalweg_chain_resolve": "suup", "thalweg_optimizer_create": "pspp", "thalweg_optimizer_destroy": "p",
    "thalweg_optimizer_step": "ppp", "thalweg_optimizer_parameter_report": "pzp",
    "thalweg_optimizer_set_option": "psd", "thalweg_optimizer_observe": "pd",
    "thalweg_optimizer_begin_averaged": "p", "thalweg_optimizer_end_averaged": "p",
    "thalweg_optimizer_replan": "p", "thalweg_optimizer_loss_scale": "pp", "thalweg_optimizer_chain": "pp",
    "thalweg_optimizer_updates": "pp", "thalweg_optimizer_set_updates": "pu", "thalweg_optimizer_clock": "pzp",
    "thalweg_optimizer_set_clock": "pzu", "thalweg_optimizer_state_bytes": "pp",
    "thalweg_optimizer_state_count": "pp", "thalweg_optimizer_state": "pzp",
    "thalweg_optimizer_number_count": "pp", "thalweg_optimizer_number": "pzp", "thalweg_optimizer_save": "ps",
    "thalweg_optimizer_begin_save": "ps", "thalweg_optimizer_end_save": "p",
    "thalweg_optimizer_save_memory": "ppzp", "thalweg_optimizer_load": "pspp",
    "thalweg_optimizer_load_memory": "ppzpp", "thalweg_optimizer_save_torch": "psi",
    "thalweg_optimizer_load_torch": "pspp", "thalweg_schedule_create": "suup", "thalweg_schedule_destroy": "p",
    "thalweg_schedule_value": "pup", "thalweg_schedule_values": "puzp", "thalweg_schedule_print": "pip",
    "thalweg_schedule_total": "pp", "thalweg_comm_create": "pp", "thalweg_comm_create_self": "p",
    "thalweg_comm_create_mpi": "pp", "thalweg_comm_destroy": "p", "thalweg_comm_launched": "p", "thalweg_comm_shape": "ppp",
    "thalweg_comm_set_deadline": "pd", "thalweg_comm_most": "pip", "thalweg_comm_abort": "pis",
    "thalweg_optimizer_gather_state": "pi", "thalweg_optimizer_state_written": "p",
    "thalweg_optimizer_state_is_whole": "pp",
}
_LEARN = {
    "thalweg_model_create": "szpup", "thalweg_model_destroy": "p", "thalweg_model_params": "pp",
    "thalweg_model_print": "pp", "thalweg_model_outputs": "pp", "thalweg_model_predict": "pzpip",
    "thalweg_trainer_create": "pssppp", "thalweg_trainer_destroy": "p", "thalweg_trainer_step": "ppp",
    "thalweg_trainer_epoch": "pp", "thalweg_trainer_evaluate": "ppp", "thalweg_trainer_evaluate_json": "ppp",
    "thalweg_trainer_optimizer": "pp",
    "thalweg_train": "ssppp", "thalweg_train_folds": "susppp", "thalweg_run_resume": "sippp", "thalweg_run_evaluate": "sssip",
    "thalweg_run_predict": "sssip", "thalweg_predicted_read": "pp", "thalweg_predicted_destroy": "p",
}
_LAB = {
    "thalweg_compare": "pzsuussp", "thalweg_study": "pzpzusuussp", "thalweg_find_rate": "ssp", "thalweg_verify": "pzp",
    "thalweg_landscape": "spzusp", "thalweg_schedule_plot": "pzuusp",
}
_TYPES = {"p": c_void_p, "s": c_char_p, "z": c_size_t, "u": c_uint64, "i": c_int, "d": c_double}


_RANGES = {"z": (0, 2**64 - 1), "u": (0, 2**64 - 1), "i": (-(2**31), 2**31 - 1)}


class Library:
    """A loaded library: its functions raise the error of their status; `text` gives the text that one makes."""

    def __init__(self, name: str, functions: dict[str, str]):
        self._handle = _load(name)
        for function, arguments in functions.items():
            found = getattr(self._handle, function)
            found.argtypes = [_TYPES[kind] for kind in arguments]
            found.restype = c_int
            whole = [(i, kind) for i, kind in enumerate(arguments) if kind in _RANGES]
            setattr(self, function.removeprefix("thalweg_"), _checked(found, whole))

    def raw(self, name: str):
        """The C function itself, whose status the caller looks at."""
        return getattr(self._handle, "thalweg_" + name)

    def text(self, name: str, *arguments) -> str:
        out = c_char_p()
        getattr(self, name)(*arguments, ctypes.byref(out))
        return (out.value or b"").decode()

    def number(self, name: str, *arguments, kind=c_uint64):
        out = kind()
        getattr(self, name)(*arguments, ctypes.byref(out))
        return out.value

    def made(self, name: str, *arguments) -> int:
        """The handle that a function makes."""
        out = c_void_p()
        getattr(self, name)(*arguments, ctypes.byref(out))
        return out.value or 0


class Own(threading.local):
    """What a function of the caller raised, which C had called: through C it cannot go."""

    raised: BaseException | None = None


own = Own()


def raise_status(status: int):
    """Raises what the thread's last call that was not successful says."""
    message = core().last_error().decode(errors="replace")
    cause, own.raised = own.raised, None
    if cause is not None and not isinstance(cause, Exception):
        raise cause  # KeyboardInterrupt
    raise _ERRORS.get(status, Error)(message) from cause


def check_whole(name: str, value, low: int, high: int) -> None:
    if isinstance(value, int) and not low <= value <= high:
        raise UsageError(f"{name}: out of range; got {value}; want a whole number from {low} to {high}")


def _checked(function, whole):
    def call(*arguments):
        for i, kind in whole:  # ctypes would cut them
            check_whole(function.__name__, arguments[i], *_RANGES[kind])
        status = function(*arguments)
        if status:
            raise_status(status)

    return call


def _places(name: str) -> list[Path]:
    here = Path(__file__).resolve().parent
    beside = here.parent / "thalweg_learn"  # of the other wheel
    return [here / "_lib" / name, beside / "_lib" / name, here.parent.parent / "build" / name]


def _load(name: str):
    file = f"lib{name}.so.{SONAME}"
    for path in _places(file):
        if path.exists():
            return ctypes.CDLL(str(path))
    try:
        return ctypes.CDLL(file)  # where the system looks
    except OSError as error:
        package = "thalweg" if name == "thalweg_core" else "thalweg-learn"
        raise ImportError(f"{file} is not here: install the package {package}, or build it in a checkout by "
                          f"`make build` ({error})") from None


_loaded: dict[str, Library] = {}


def core() -> Library:
    """The optimizer's functions."""
    found = _loaded.get("core")
    if found is None:
        found = Library("thalweg_core", _CORE)
        for name in ("last_error", "version"):
            function = getattr(found._handle, "thalweg_" + name)
            function.restype = c_char_p
            function.argtypes = []
            setattr(found, name, function)
        version = found._handle.thalweg_abi_version()
        if version != ABI_VERSION:
            raise ImportError(f"libthalweg_core has ABI {version}, this package is for {ABI_VERSION}")
        _loaded["core"] = found
    return found


def learn() -> Library:
    """Training; loaded at first use."""
    if "learn" not in _loaded:
        core()
        _loaded["learn"] = Library("thalweg", _LEARN)
    return _loaded["learn"]


def lab() -> Library:
    """The workbench; loaded at first use."""
    if "lab" not in _loaded:
        learn()
        _loaded["lab"] = Library("thalweg_lab", _LAB)
    return _loaded["lab"]


def texts(items) -> tuple[ctypes.Array, int]:
    """A list of texts as C takes it."""
    all_of_them = [item.encode() for item in items]
    return (c_char_p * max(len(all_of_them), 1))(*all_of_them), len(all_of_them)


def encoded(text: str | None) -> bytes | None:
    if text is None:
        return None
    if "\0" in text:
        raise UsageError(f"text: it holds a zero byte; got {text!r}; want text without one")
    return text.encode()


def numpy_if_loaded():
    return sys.modules.get("numpy")
