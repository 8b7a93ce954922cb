"""Kernels that other kernels call: linked into these, and no machine code by themselves.

numba would optimise each of them to the end and write machine code for it, which nobody runs. That
takes a quarter of the time that a kernel with many parts takes to compile. Here the code of a part
is made small, so that it can be inlined; all of it is optimised once, in the kernel that Python
calls.

Parts with an innermost loop are optimised in full before: once inlined into a loop with stop
checks, LLVM no longer works on several of their elements at once, which `nearest_band` takes six
times as long without. Parts marked as `merged` do better in their callers alone.
"""

from __future__ import annotations

from typing import Any

from numba import _dynfunc  # type: ignore[attr-defined]
from numba.core.codegen import JITCodeLibrary
from numba.core.compiler_machinery import register_pass
from numba.core.typed_passes import NativeLowering

from segeval.kernels.loops import Compiler, is_innermost


class _PartLibrary(JITCodeLibrary):
    """The code of a function, ready to be linked into a caller's."""

    is_finished = False
    """Whether it is optimised in full."""

    def _optimize_final_module(self) -> None:
        """Inline and simplify, as numba does before it optimises in full."""
        if self.is_finished:
            super()._optimize_final_module()  # type: ignore[no-untyped-call]
            return
        codegen = self._codegen
        passes, builder = codegen._module_pass_manager(
            loop_vectorize=codegen._loopvect,
            slp_vectorize=False,
            opt=codegen._opt_level,
            cost="cheap",
        )
        passes.run(self._final_module, builder)

    def _finalize_final_module(self) -> None:
        self._finalized = True


@register_pass(mutates_CFG=True, analysis_only=False)
class _PartLowering(NativeLowering):
    """Writes a function for LLVM, and registers it without an address."""

    _name = "segeval_part_lowering"

    def run_pass(self, state: Any) -> bool:
        """Write the function."""
        library = _PartLibrary(state.targetctx.codegen(), state.func_id.func_qualname)
        function = state.func_id.func
        library.is_finished = is_innermost(function) and not getattr(function, "is_merged", False)
        state.library, state.flags.no_compile = library, True
        super().run_pass(state)  # type: ignore[no-untyped-call]
        made = state["cr"]
        module, name = made.fndesc.lookup_module(), made.fndesc.qualname
        # What stands for the function in numba's tables; calling it from Python would fail.
        stand_in = _dynfunc.make_function(module, name, "", 0, made.env, (library,))
        state.targetctx.insert_user_function(stand_in, made.fndesc, [library])
        state["cr"] = made._replace(cfunc=stand_in)
        return True


class PartCompiler(Compiler):
    """The compiler of kernels, for parts of them."""

    def define_pipelines(self) -> list[Any]:
        """The passes, the last of which stops before there is machine code."""
        [passes] = super().define_pipelines()
        passes.passes[:] = [
            (_PartLowering if step is NativeLowering else step, about)
            for step, about in passes.passes
        ]
        passes._finalized = False
        passes.finalize()
        return [passes]
