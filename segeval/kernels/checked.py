"""The checked build: kernels that raise `IndexError` instead of leaving an array.

`SEGEVAL_CHECKED=1` in the environment compiles every kernel with numba's checks of bounds, and
numba calls the kernels itself. Pointers stay arrays, so that they are checked too. A negative
index, which numba would count from the end, is an error: no kernel means that.
"""

from __future__ import annotations

import os
import re
from typing import Any

CHECKED = os.environ.get("SEGEVAL_CHECKED", "0") not in ("", "0")
"""Whether this process runs the checked build."""


def tighten() -> None:
    """Let numba's checks see a negative index as it is, and name the kernel in their errors."""
    from numba import types
    from numba.core import cgutils
    from numba.np import arrayobj

    def as_it_is(context: Any, builder: Any, kind: Any, index: Any, size: Any) -> Any:
        return context.cast(builder, index, kind, types.intp if kind.signed else types.uintp)

    def check(context: Any, builder: Any, index: Any, length: Any, axis: Any = None) -> None:
        with builder.if_then(builder.icmp_unsigned(">=", index, length), likely=False):
            _raise(context, builder, "index")

    arrayobj.fix_integer_index = as_it_is
    cgutils.do_boundscheck = check


def _raise(context: Any, builder: Any, what: str) -> None:
    """Write instructions that raise an error."""
    message = f"{what} is out of bounds in {_plain_name(builder.function.name)}"
    context.call_conv.return_user_exc(builder, IndexError, (message,))


def _plain_name(mangled: str) -> str:
    """The name of a kernel in what numba makes of it: _ZN4room6kernelB... is room.kernel."""
    names = []
    rest = mangled.removeprefix("_ZN")
    while number := re.match(r"\d+", rest):
        end = number.end() + int(number[0])
        names.append(rest[number.end() : end])
        rest = rest[end:]
    return ".".join(names)


def flattened(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
    """Write instructions that make an array of one axis from a contiguous one, on its memory."""
    from numba.core.imputils import impl_ret_borrowed
    from numba.np.arrayobj import make_array, populate_array

    whole = make_array(signature.args[0])(context, builder, arguments[0])
    made = make_array(signature.return_type)(context, builder)
    populate_array(
        made,
        data=whole.data,
        shape=[whole.nitems],
        strides=[whole.itemsize],
        itemsize=whole.itemsize,
        meminfo=whole.meminfo,
        parent=whole.parent,
    )
    return impl_ret_borrowed(context, builder, signature.return_type, made._getvalue())


def check_word(context: Any, builder: Any, array: Any, place: Any) -> None:
    """Write instructions that raise unless 8 bytes from a place on lie inside an array of bytes."""
    starts_before = builder.icmp_signed("<", place, place.type(0))
    ends_behind = builder.icmp_signed(">", place, builder.sub(array.nitems, place.type(8)))
    with builder.if_then(builder.or_(starts_before, ends_behind), likely=False):
        _raise(context, builder, "word")
