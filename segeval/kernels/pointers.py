"""Arrays as bare addresses, for the small functions of a scanner.

numba counts references to an array in every function that gets it, which takes longer than reading
one byte of it. A pointer is indexed like an array of one axis, but without reference counts or a
length: its user keeps the array alive and stays inside. In the checked build it is the array.
"""

from __future__ import annotations

from typing import Any

from segeval.kernels.checked import CHECKED, check_word, flattened
from segeval.kernels.instructions import instruction


@instruction
def pointer(_: Any, array: Any) -> Any:
    """The first element of a contiguous array."""
    from numba import types
    from numba.np.arrayobj import make_array

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return make_array(signature.args[0])(context, builder, arguments[0]).data

    if CHECKED:
        return array.copy(ndim=1, layout="C")(array), flattened
    return types.CPointer(array.dtype)(array), generate


@instruction
def word_at(_: Any, data: Any, place: Any) -> Any:
    """The 8 bytes from a place on as one little-endian uint64."""
    from numba import types

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.load(_word(context, builder, data, *arguments), align=1)

    return types.uint64(data, types.int64), generate


@instruction
def put_word(_: Any, data: Any, place: Any, word: Any) -> Any:
    """Write one little-endian uint64 to the 8 bytes from a place on."""
    from numba import types

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        builder.store(arguments[2], _word(context, builder, data, *arguments[:2]), align=1)
        return context.get_dummy_value()

    return types.none(data, types.int64, types.uint64), generate


def _word(context: Any, builder: Any, kind: Any, data: Any, place: Any) -> Any:
    """Address of the word that begins at a byte of a pointer, or of an array in its place."""
    from llvmlite import ir
    from numba.np.arrayobj import make_array

    if CHECKED:
        array = make_array(kind)(context, builder, data)
        check_word(context, builder, array, place)
        data = array.data

    return builder.bitcast(builder.gep(data, [place]), ir.IntType(64).as_pointer())
