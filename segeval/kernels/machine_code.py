"""Compiled kernels without the compiler.

numba compiles a kernel; its machine code is kept on disk. A later process links that code with
llvmlite and calls it through ctypes, and never imports numba, which would take most of the time
and memory of a small run.

A kernel compiled by numba is a C function: `int32 kernel(result *, exception **, arguments...)`,
where an array is passed as its fields (owner, parent, items, item size, data, shape, strides) and a
tuple as its elements. Returned arrays own a block that numba's small runtime (NRT) allocated. Both
are numba's own affair: see numba/core/callconv.py and numba/core/runtime/nrt.cpp when it changes.

Any number of processes may share a folder of machine code. The name of a file says what it was
made from (`_build`), so that no other processor, release or source ever finds it, and a file
appears whole or not at all.
"""

from __future__ import annotations

import contextlib
import ctypes
import hashlib
import importlib.util
import json
import os
import struct
import sys
import uuid
from collections.abc import Callable
from functools import cache
from importlib.machinery import PathFinder
from importlib.metadata import version
from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

TESTED_NUMBA = ("0.68.",)
"""Releases whose way of calling a function is known to be the one described here."""

SUPPORTED = (
    sys.platform == "linux" and sys.maxsize > 2**32 and version("numba").startswith(TESTED_NUMBA)
)
"""Elsewhere numba calls its kernels itself."""

SUFFIX = ".kernel"

KNOWN_SYMBOLS = frozenset({"memcpy", "memmove", "memset"})
"""What machine code may ask of the process, beside the NRT."""

Signature = tuple[Any, ...]
"""The types of the arguments: "i8", "u8", "f8", "b1" for scalars, (dtype, dimensions, layout,
writeable) for arrays, (None, types...) for tuples."""

_SCALARS = {"i8": "q", "u8": "Q", "f8": "d", "b1": "?"}
_CTYPES = {"i8": ctypes.c_int64, "u8": ctypes.c_uint64, "f8": ctypes.c_double, "b1": ctypes.c_uint8}


class UnknownSymbolError(RuntimeError):
    """Machine code needs something that only a process with numba has."""


class MachineCode:
    """A kernel for one signature, ready to be called.

    Args:
        code: an object file.
        symbol: name of the kernel in it.
        returns: the type of its result, as in a `Signature`; None for nothing.
        signature: the types of its arguments.
    """

    def __init__(self, code: bytes, symbol: str, returns: Any, signature: Signature) -> None:
        self._engine = _linked(code)  # owns the linked code, and so has to live as long
        kinds = [ctypes.c_void_p, ctypes.c_void_p]
        for kind in signature:
            kinds += _argument_types(kind)
        address = self._engine.get_function_address(symbol)
        self._call = ctypes.CFUNCTYPE(ctypes.c_int32, *kinds)(address)  # releases the GIL
        self._symbol = symbol
        self._returns = returns
        self._format = "@" + ("P" if returns is None else _result_format(returns))

    def __call__(self, *arguments: Any) -> Any:
        """Run the kernel; other threads may run meanwhile."""
        flat: list[Any] = []
        for argument in arguments:
            _flatten(argument, flat)
        result = ctypes.create_string_buffer(struct.calcsize(self._format))
        exception = ctypes.c_void_p()
        status = self._call(ctypes.addressof(result), ctypes.addressof(exception), *flat)
        if status > 0:  # kernels raise nothing of their own: no memory for an array
            raise MemoryError(f"kernel {self._symbol} stopped with status {status}")
        if self._returns is None:
            return None
        return _result(self._returns, iter(struct.unpack(self._format, result.raw)))


def signature_of(arguments: tuple[Any, ...]) -> Signature:
    """The types of arguments."""
    return tuple(_kind(argument) for argument in arguments)


def compiled(function: Callable[..., Any], signature: Signature) -> MachineCode:
    """A kernel from the disk, or else compiled and kept there.

    Raises:
        UnknownSymbolError: if its machine code needs more than the NRT.
    """
    name = _file_name(function, signature)
    folders = cache_folders(function.__code__.co_filename)
    for path in (folder / name for folder in folders):
        kept = _kept(path)
        if kept is not None:
            return MachineCode(*kept, signature)
    code, symbol, returns = _compile(function, signature)
    about = {"symbol": symbol, "returns": returns, "sha256": hashlib.sha256(code).hexdigest()}
    content = json.dumps(about).encode() + b"\n" + code
    any(_written(folder / name, content) for folder in folders)  # the first that can be written to
    return MachineCode(code, symbol, returns, signature)


def is_warm() -> bool:
    """Whether kernels on masks are kept on the disk; True where numba keeps them itself."""
    pattern = f"*-{_build()}-*{SUFFIX}"
    masks = str(Path(__file__).parents[1] / "masks" / "strings.py")
    return not SUPPORTED or any(any(folder.glob(pattern)) for folder in cache_folders(masks))


def cache_folders(source: str) -> list[Path]:
    """Where machine code is kept, best place first: beside the source, or the user's cache."""
    asked = os.environ.get("NUMBA_CACHE_DIR")
    if asked:
        return [Path(asked)]
    beside = Path(source).parent / "__pycache__"
    try:
        home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    except RuntimeError:  # a user without a home, as in some containers
        return [beside]
    return [beside, Path(home) / "segeval"]


def _kept(path: Path) -> tuple[bytes, str, Any] | None:
    """Code, symbol and result type from a file; None if it is missing, unreadable or damaged."""
    try:
        header, _, code = path.read_bytes().partition(b"\n")
        about = json.loads(header)
        if hashlib.sha256(code).hexdigest() == about["sha256"]:
            return code, about["symbol"], _tuples(about["returns"])
    except (OSError, ValueError, TypeError, KeyError):
        pass
    return None


def _written(path: Path, content: bytes) -> bool:
    """Write a file as a whole; False where that is not allowed."""
    # Not by tempfile: other users of a shared installation have to be able to read the file.
    beside = path.with_name(f"{path.name}.{uuid.uuid4().hex}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        beside.write_bytes(content)
        beside.replace(path)
    except OSError:
        with contextlib.suppress(OSError):
            beside.unlink()
        return False
    return True


def _file_name(function: Callable[..., Any], signature: Signature) -> str:
    name = f"{function.__module__.rpartition('.')[2]}.{function.__qualname__}"
    source = Path(function.__code__.co_filename).read_bytes()  # it need not be one of ours
    return f"{name}-{_build()}-{_digest(f'{signature} {source!r}')}{SUFFIX}"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


@cache
def _build() -> str:
    """What machine code depends on: compiler, processor, and the sources of all kernels."""
    import llvmlite.binding as llvm

    sources = hashlib.sha256()
    for folder in ("kernels", "masks", "data", "metrics"):
        for path in sorted((Path(__file__).parents[1] / folder).rglob("*.py")):
            source = path.read_bytes()
            if path.name == "promise.py" or b"@kernel" in source or b"@instruction" in source:
                sources.update(source)
    features = llvm.get_host_cpu_features().flatten()
    versions = [version(name) for name in ("numba", "llvmlite")]
    return _digest(f"{versions} {llvm.get_host_cpu_name()} {features} {sources.hexdigest()}")


def _kind(argument: Any) -> Any:
    """The type of one argument."""
    if isinstance(argument, np.ndarray):
        layout = "C" if argument.flags.c_contiguous else "A"
        return argument.dtype.str, argument.ndim, layout, argument.flags.writeable
    if isinstance(argument, tuple):
        return None, *(_kind(element) for element in argument)
    if isinstance(argument, bool | np.bool_):
        return "b1"
    if isinstance(argument, np.uint64):
        return "u8"
    if isinstance(argument, int | np.integer):
        return "i8"
    if isinstance(argument, float | np.floating):
        return "f8"
    raise TypeError(f"a kernel got a {type(argument).__name__}")


def _argument_types(kind: Any) -> list[Any]:
    """How an argument is passed in C."""
    if isinstance(kind, str):
        return [_CTYPES[kind]]
    if kind[0] is None:
        return [c for element in kind[1:] for c in _argument_types(element)]
    pointer, number = ctypes.c_void_p, ctypes.c_int64
    return [pointer, pointer, number, number, pointer, *[number] * (2 * kind[1])]


def _flatten(argument: Any, flat: list[Any]) -> None:
    """Append the C arguments for one argument."""
    if isinstance(argument, np.ndarray):
        data = argument.__array_interface__["data"][0]
        flat += (None, None, argument.size, argument.itemsize, data)
        flat += argument.shape
        flat += argument.strides
    elif isinstance(argument, tuple):
        for element in argument:
            _flatten(element, flat)
    else:
        flat.append(argument)


def _result_format(kind: Any) -> str:
    """The fields of a result, for the struct module."""
    if isinstance(kind, str):
        return _SCALARS[kind]
    if kind[0] is None:
        return "".join(_result_format(element) for element in kind[1:])
    return "PPqqP" + "q" * int(2 * kind[1])


def _result(kind: Any, fields: Any) -> Any:
    """A result from its fields; arrays are copied and their block is freed."""
    if isinstance(kind, str):
        return next(fields)
    if kind[0] is None:
        return tuple(_result(element, fields) for element in kind[1:])
    owner, _, items, size, data = (next(fields) for _ in range(5))
    shape = [next(fields) for _ in range(kind[1])]
    for _ in range(kind[1]):
        next(fields)  # strides: returned arrays are contiguous
    if not owner:
        raise TypeError("a kernel returned an array that it got, expected a new one")
    array: NDArray[Any] = np.empty(shape, kind[0])
    ctypes.memmove(array.ctypes.data, data, items * size)
    _free(owner)
    return array


def _tuples(kind: Any) -> Any:
    """A type read from JSON, where tuples have become lists."""
    return tuple(_tuples(element) for element in kind) if isinstance(kind, list) else kind


@cache
def _runtime() -> dict[str, int]:
    """Addresses of the functions of numba's runtime, from its extension module alone."""
    numba = importlib.util.find_spec("numba")
    if numba is None or numba.origin is None:
        raise ImportError("segeval needs numba: pip install numba")
    folder = str(Path(numba.origin).parent / "core" / "runtime")
    spec = PathFinder.find_spec("_nrt_python", [folder])
    if spec is None or spec.loader is None:
        raise ImportError(f"numba's runtime is not in {folder}")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return dict(module.c_helpers)


def _free(owner: int) -> None:
    """Free the block of a returned array, of which we are the only owner."""
    destroy = ctypes.CFUNCTYPE(None, ctypes.c_void_p)(_runtime()["MemInfo_call_dtor"])
    destroy(owner)


@cache
def _prepare_llvm() -> Any:
    """Make LLVM ready to link code for this machine; returns its binding."""
    import llvmlite.binding as llvm

    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    for name, address in _runtime().items():
        llvm.add_symbol(f"NRT_{name}", address)
    return llvm


def _linked(code: bytes) -> Any:
    """An engine that holds linked machine code."""
    llvm = _prepare_llvm()
    machine = llvm.Target.from_default_triple().create_target_machine()
    engine = llvm.create_mcjit_compiler(llvm.parse_assembly(""), machine)
    engine.add_object_file(llvm.ObjectFileRef.from_data(code))
    engine.finalize_object()
    return engine


def _compile(function: Callable[..., Any], signature: Signature) -> tuple[bytes, str, Any]:
    """Have numba compile a kernel; returns its object file, its symbol and its result's type."""
    from segeval.kernels.promise import compile_inner

    dispatcher = compile_inner(function)
    dispatcher.compile(tuple(_numba_type(kind) for kind in signature))
    [result] = dispatcher.overloads.values()
    _, _, (code, _) = result.library.serialize_using_object_code()
    unknown = {
        name
        for name in _undefined_symbols(code)
        if name not in KNOWN_SYMBOLS and not name.startswith("NRT_")
    }
    if unknown:
        raise UnknownSymbolError(f"{function.__qualname__} needs {', '.join(sorted(unknown))}")
    return code, result.fndesc.llvm_func_name, _from_numba_type(result.signature.return_type)


def _numba_type(kind: Any) -> Any:
    from numba import from_dtype, types

    if isinstance(kind, str):
        return {"i8": types.int64, "u8": types.uint64, "f8": types.float64, "b1": types.boolean}[
            kind
        ]
    if kind[0] is None:
        return types.Tuple([_numba_type(element) for element in kind[1:]])
    dtype, dimensions, layout, writeable = kind
    return types.Array(from_dtype(np.dtype(dtype)), dimensions, layout, readonly=not writeable)


def _from_numba_type(kind: Any) -> Any:
    """The type of a result, as in a `Signature`."""
    from numba import types
    from numba.np.numpy_support import as_dtype

    if isinstance(kind, types.NoneType):
        return None
    if isinstance(kind, types.Array):
        if kind.layout != "C":
            raise TypeError("a kernel returns a view, expected a new array")
        return as_dtype(kind.dtype).str, kind.ndim, "C", True
    if isinstance(kind, types.BaseTuple):
        return None, *(_from_numba_type(element) for element in cast(Any, kind))
    return str(as_dtype(kind).str).lstrip("<|")


def _undefined_symbols(code: bytes) -> set[str]:
    """Names that a 64-bit ELF object file expects from elsewhere (System V ABI, symbol tables)."""
    (table,) = struct.unpack_from("<Q", code, 40)
    size, number = struct.unpack_from("<HH", code, 58)
    sections = [struct.unpack_from("<IIQQQQIIQQ", code, table + i * size) for i in range(number)]
    undefined = set()
    for _, kind, _, _, place, length, link, *_ in sections:
        if kind != 2:  # SHT_SYMTAB
            continue
        names = sections[link][4]
        for entry in range(place, place + length, 24):
            name, _, _, section = struct.unpack_from("<IBBH", code, entry)
            if section == 0 and name:
                begin = names + name
                undefined.add(code[begin : code.index(b"\0", begin)].decode())
    return undefined
