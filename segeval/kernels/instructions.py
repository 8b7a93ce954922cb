"""Instructions on machine words that numba lacks.

Each function here is the body of a numba intrinsic: from the types of its arguments it returns the
signature and a function that writes the LLVM instructions.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

from segeval.kernels.checked import CHECKED, check_word
from segeval.kernels.function import KernelFunction

F = TypeVar("F", bound=Callable[..., Any])


def instruction(function: F) -> Any:
    """Make a function that writes LLVM instructions, for kernels to call."""
    return cast(Any, KernelFunction(function, None))


@instruction
def load_word(_: Any, array: Any, index: Any) -> Any:
    """The 8 bytes from `array[index]` on as a little-endian uint64, unchecked."""
    from llvmlite import ir
    from numba import types
    from numba.core import cgutils
    from numba.np.arrayobj import make_array

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        made = make_array(signature.args[0])(context, builder, arguments[0])
        if CHECKED:
            check_word(context, builder, made, arguments[1])
        address = cgutils.gep_inbounds(builder, made.data, arguments[1])
        word = builder.bitcast(address, ir.IntType(64).as_pointer())
        return builder.load(word, align=1)

    return types.uint64(array, types.int64), generate


@instruction
def leading_zeros(_: Any, word: Any) -> Any:
    """Number of zero bits above the highest one bit of a non-zero uint64."""
    from llvmlite import ir
    from numba import types

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.ctlz(arguments[0], ir.Constant(ir.IntType(1), 1))

    return types.int64(types.uint64), generate


@instruction
def high_product(_: Any, a: Any, b: Any) -> Any:
    """Upper 64 bits of the 128-bit product of two uint64."""
    from llvmlite import ir
    from numba import types

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        double = ir.IntType(128)
        product = builder.mul(*(builder.zext(factor, double) for factor in arguments))
        return builder.trunc(builder.lshr(product, ir.Constant(double, 64)), ir.IntType(64))

    return types.uint64(types.uint64, types.uint64), generate


@instruction
def as_double(_: Any, word: Any) -> Any:
    """The float64 with the bits of a uint64."""
    from llvmlite import ir
    from numba import types

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.bitcast(arguments[0], ir.DoubleType())

    return types.float64(types.uint64), generate


@instruction
def trailing_zeros(_: Any, word: Any) -> Any:
    """Number of zero bits below the lowest one bit of a non-zero uint64."""
    from llvmlite import ir
    from numba import types

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.cttz(arguments[0], ir.Constant(ir.IntType(1), 1))

    return types.int64(types.uint64), generate


@instruction
def count_ones(_: Any, word: Any) -> Any:
    """Number of one bits of a uint64."""
    from numba import types

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.ctpop(arguments[0])

    return types.int64(types.uint64), generate
