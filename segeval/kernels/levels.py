"""Levels of processors, for which machine code is compiled before anybody knows where it runs.

Source of the levels of x86-64: its System V ABI, "micro-architecture levels".
"""

from __future__ import annotations

import platform
import sys
from functools import cache
from pathlib import Path

V2 = frozenset(["cx16", "lahf_lm", "pni", "popcnt", "sse4_1", "sse4_2", "ssse3"])
V3 = V2 | frozenset(["abm", "avx", "avx2", "bmi1", "bmi2", "f16c", "fma", "movbe", "xsave"])
V4 = V3 | frozenset(["avx512bw", "avx512cd", "avx512dq", "avx512f", "avx512vl"])

NEEDS = {
    "x86_64": {"x86-64-v4": V4, "x86-64-v3": V3, "x86-64-v2": V2},
    "aarch64": {"generic": frozenset[str]()},
}
"""Levels of each kind of machine, the best first, by LLVM's name, with the flags that each needs
in Linux's words. Linux takes back the flags of what it does not support."""


@cache
def processor() -> dict[str, str]:
    """What Linux says of the first processor; it runs a process on all of them alike."""
    try:
        with Path("/proc/cpuinfo").open("rb", buffering=0) as file:
            first = file.read(1 << 14).partition(b"\n\n")[0].decode(errors="replace")
    except OSError:
        return {}
    lines = (line.partition(":") for line in first.splitlines())
    return {name.strip(): value.strip() for name, _, value in lines}


@cache
def level() -> str | None:
    """The best level that this processor surely has; None without one."""
    if sys.platform != "linux":
        return None
    has = {*processor().get("flags", "").split()}
    levels = NEEDS.get(platform.machine(), {})
    return next((name for name, needed in levels.items() if needed <= has), None)
