"""Machine words in kernels: the few instructions that numba itself does not offer."""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic
from numba.np.arrayobj import make_array

_WORD = ir.IntType(64)


def _word_pointer(context: Any, builder: Any, array_type: Any, array: Any, index: Any) -> Any:
    """Address of the word that begins at byte `index`."""
    data = make_array(array_type)(context, builder, array).data
    return builder.bitcast(cgutils.gep_inbounds(builder, data, index), _WORD.as_pointer())


@intrinsic
def load_word(_: Any, array: Any, index: Any) -> Any:
    """The 8 bytes from `array[index]` on as one little-endian uint64; bounds are the caller's."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        pointer = _word_pointer(context, builder, signature.args[0], *arguments)
        return builder.load(pointer, align=1)

    return types.uint64(array, types.int64), generate


@intrinsic
def store_word(_: Any, array: Any, index: Any, word: Any) -> Any:
    """Write one little-endian uint64 to the 8 bytes from `array[index]` on."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        pointer = _word_pointer(context, builder, signature.args[0], *arguments[:2])
        builder.store(arguments[2], pointer, align=1)
        return context.get_dummy_value()

    return types.none(array, types.int64, types.uint64), generate


@intrinsic
def leading_zeros(_: Any, word: Any) -> Any:
    """Number of zero bits above the highest one bit of a uint64 that is not 0."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.ctlz(arguments[0], ir.Constant(ir.IntType(1), 1))

    return types.int64(types.uint64), generate


@intrinsic
def high_product(_: Any, a: Any, b: Any) -> Any:
    """Upper 64 bits of the 128-bit product of two uint64."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        double = ir.IntType(128)
        product = builder.mul(*(builder.zext(factor, double) for factor in arguments))
        return builder.trunc(builder.lshr(product, ir.Constant(double, 64)), _WORD)

    return types.uint64(types.uint64, types.uint64), generate


@intrinsic
def as_double(_: Any, word: Any) -> Any:
    """The float64 whose bits are those of a uint64."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.bitcast(arguments[0], ir.DoubleType())

    return types.float64(types.uint64), generate

