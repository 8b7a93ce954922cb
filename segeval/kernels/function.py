"""Functions that are compiled on first use."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from functools import update_wrapper
from typing import Any

from segeval.kernels.call import signature_of
from segeval.kernels.stop import WORD

LOCK = threading.RLock()
"""Held while a kernel is compiled. A fork waits for it: a child process has no thread to finish the
work, and would find numba and LLVM in the middle of something."""

if hasattr(os, "register_at_fork"):
    os.register_at_fork(
        before=LOCK.acquire, after_in_parent=LOCK.release, after_in_child=LOCK.release
    )


class KernelFunction:
    """A function that kernels may call; Python too, if it can be loaded.

    Args:
        function: the Python function to compile.
        load: makes a callable from it and the types of its arguments; None for a function that
            writes instructions, which only kernels can call.

    Attributes:
        function: the Python function.
        inner: numba's object for it inside other kernels, once `compile` has made one.
        inner_digest: what that object was made from.
    """

    def __init__(
        self, function: Callable[..., Any], load: Callable[..., Callable[..., Any]] | None
    ) -> None:
        update_wrapper(self, function)
        self.function = function
        self.inner: Any = None
        self.inner_digest = ""
        self._load = load
        self._loaded: dict[Any, Callable[..., Any]] = {}

    @property
    def is_instruction(self) -> bool:
        """Whether it writes LLVM instructions."""
        return self._load is None

    def __call__(self, *arguments: Any) -> Any:
        """Call the kernel, compiled for the types of these arguments."""
        signature = signature_of(arguments)
        loaded = self._loaded.get(signature)
        if loaded is None:
            if self._load is None:
                raise TypeError(f"only kernels can call {self.function.__qualname__}")
            with LOCK:  # threads that need the same kernel wait until one has compiled it
                if signature not in self._loaded:
                    if WORD.is_asked:  # by `stop.stopping`: compiling takes seconds
                        raise KeyboardInterrupt
                    self._loaded[signature] = self._load(self.function, signature)
                loaded = self._loaded[signature]
        return loaded(*arguments)
