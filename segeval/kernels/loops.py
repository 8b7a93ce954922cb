"""A pass of numba's compiler that adds stop checks to long loops, so that Ctrl-C ends them.

Innermost loops have none: most of the time is spent in them, and each of their runs is short, since
they go over memory that is there already.
"""

from __future__ import annotations

import dis
from collections.abc import Callable, Iterator
from typing import Any

import llvmlite.binding as llvm
from llvmlite import ir as llvm_ir
from llvmlite.ir.instructions import LoadInstr
from numba import types
from numba.core import ir
from numba.core.analysis import compute_cfg_from_blocks
from numba.core.compiler import CompilerBase, DefaultPassBuilder
from numba.core.compiler_machinery import FunctionPass, register_pass
from numba.core.ir_utils import mk_unique_var
from numba.core.typed_passes import NopythonRewrites
from numba.core.untyped_passes import InlineClosureLikes, ReconstructSSA
from numba.extending import intrinsic

from segeval.kernels.function import KernelFunction
from segeval.kernels.stop import BY_PYTHON, MASK, STOPPED, SYMBOL, WORD

llvm.add_symbol(SYMBOL, WORD.address)

_NEEDLESS = (InlineClosureLikes, NopythonRewrites)
"""Passes for what kernels do not have, functions inside of functions and expressions of whole
arrays. They take a twentieth of the time."""

_LONG = llvm_ir.IntType(64)


class _VolatileLoad(LoadInstr):  # type: ignore[misc]
    """A load that is repeated in every round, since a signal or another thread may write."""

    def descr(self, buf: list[str]) -> None:
        """Write the instruction."""
        parts: list[str] = []
        super().descr(parts)
        buf.append("".join(parts).replace("load ", "load volatile ", 1))


def _write_stop_check(context: Any, builder: Any) -> None:
    """Write a read of the word, and the return from the kernel if it says so."""
    module = builder.module
    if SYMBOL not in module.globals:
        llvm_ir.GlobalVariable(module, _LONG, SYMBOL)
    word = _VolatileLoad(builder.block, module.globals[SYMBOL])
    builder._insert(word)
    with builder.if_then(builder.icmp_unsigned("!=", word, _LONG(0)), likely=False):
        must_stop = builder.call(_must_stop(module), [module.globals[SYMBOL], word])
        with builder.if_then(must_stop, likely=False):
            context.call_conv._return_errcode_raw(builder, llvm_ir.IntType(32)(STOPPED))


def _must_stop(module: Any) -> Any:
    """A function of a module: whether a byte of the word stops kernels."""
    name = f"{SYMBOL}.must_stop"
    if name in module.globals:
        return module.globals[name]
    kind = llvm_ir.FunctionType(llvm_ir.IntType(1), [_LONG.as_pointer(), _LONG])
    function = llvm_ir.Function(module, kind, name)
    function.linkage = "internal"
    function.attributes.add("noinline")
    place, word = function.args
    builder = llvm_ir.IRBuilder(function.append_basic_block())
    mask = builder.load(builder.gep(place, [llvm_ir.IntType(32)(MASK // 8)]))
    found = llvm_ir.IntType(1)(0)
    for shift in range(0, 64, 8):
        byte = builder.and_(builder.lshr(word, _LONG(shift)), _LONG(255))
        by_signal = builder.trunc(builder.lshr(mask, builder.and_(byte, _LONG(63))), found.type)
        by_python = builder.icmp_unsigned("==", byte, _LONG(BY_PYTHON))
        is_small = builder.icmp_unsigned("<", byte, _LONG(64))
        found = builder.or_(found, builder.or_(by_python, builder.and_(is_small, by_signal)))
    builder.ret(found)
    return function


@intrinsic
def stop_check(_: Any) -> Any:
    """Leave the kernel with a code that `call` understands, if it shall stop."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        _write_stop_check(context, builder)
        return context.get_dummy_value()

    return types.none(), generate


@register_pass(mutates_CFG=False, analysis_only=False)
class _StopChecks(FunctionPass):
    """Adds a stop check at the end of each round of an outer loop."""

    _name = "segeval_stop_checks"

    def __init__(self) -> None:
        FunctionPass.__init__(self)

    def run_pass(self, state: Any) -> bool:
        """Change the function's code."""
        code = state.func_ir
        if getattr(state.func_id.func, "is_uninterruptible", False):
            return False
        ends = sorted(set(_ends_of_rounds(code)))
        for label in ends:
            _append_call(code, code.blocks[label])
        return bool(ends)


class Compiler(CompilerBase):
    """numba's compiler for kernels, with stop checks."""

    def define_pipelines(self) -> list[Any]:
        """The passes."""
        passes = DefaultPassBuilder.define_nopython_pipeline(self.state)
        passes.add_pass_after(_StopChecks, ReconstructSSA)
        passes.passes[:] = [each for each in passes.passes if each[0] not in _NEEDLESS]
        passes.finalize()
        return [passes]


def _append_call(code: Any, block: Any) -> None:
    """Append a stop check to a block."""
    place = block.body[-1].loc
    function, nothing = (
        ir.Var(block.scope, mk_unique_var(name), place) for name in ("$check", "$checked")
    )
    for variable, value in (
        (function, ir.Global("stop_check", stop_check, place)),
        (nothing, ir.Expr.call(function, (), (), place)),
    ):
        block.insert_before_terminator(ir.Assign(value, variable, place))
        code._definitions[variable.name] = [value]


def _ends_of_rounds(code: Any) -> Iterator[int]:
    """The blocks that go back to the start of an outer loop."""
    loops = list(compute_cfg_from_blocks(code.blocks).loops().values())
    for loop in loops:
        holds_loop = any(other.header in loop.body for other in loops if other is not loop)
        if holds_loop or any(_calls_a_loop(code, code.blocks[label]) for label in loop.body):
            for label in loop.body:
                if loop.header in code.blocks[label].terminator.get_targets():
                    yield label


def _calls_a_loop(code: Any, block: Any) -> bool:
    """Whether a block calls a kernel with a loop."""
    for call in block.find_exprs(op="call"):
        called = code._definitions[call.func.name]
        value = getattr(called[0], "value", None) if called else None
        if isinstance(value, KernelFunction) and _has_loop(value):
            return True
    return False


def _has_loop(kernel: KernelFunction) -> bool:
    """Whether a kernel, or one that it calls, has a loop that is not marked uninterruptible."""
    function = kernel.function
    if kernel.is_instruction or getattr(function, "is_uninterruptible", False):
        return False
    if _has_own_loop(function):
        return True
    return any(_has_loop(other) for other in _kernels_read(function) if other is not kernel)


def is_innermost(function: Callable[..., Any]) -> bool:
    """Whether a function has a loop, and calls no kernel that has one."""
    return _has_own_loop(function) and not any(map(_has_loop, _kernels_read(function)))


def _has_own_loop(function: Callable[..., Any]) -> bool:
    """Whether there is a loop in a function's own code."""
    return any("JUMP_BACKWARD" in each.opname for each in dis.get_instructions(function))


def _kernels_read(function: Any) -> Iterator[KernelFunction]:
    """The kernels that a function reads by global names."""
    read = (function.__globals__.get(name) for name in function.__code__.co_names)
    return (each for each in read if isinstance(each, KernelFunction))
