"""A command of segeval whose kernels are clocked.

python tests/bench/clocked.py FILE ARGUMENTS...

runs `segeval ARGUMENTS...` of the checkout that PYTHONPATH names, and writes to FILE a JSON object:
CPU seconds by the name of the kernel. Calls that compile or load a kernel are not counted. Nothing
of this package is imported, as that would be the other checkout's.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

from segeval.kernels.call import signature_of
from segeval.kernels.function import KernelFunction
from segeval_cli.main import main as run


def main() -> None:
    """Run the command and write the file."""
    path, *arguments = sys.argv[1:]
    spent: dict[str, float] = defaultdict(float)
    lock = threading.Lock()
    call = KernelFunction.__call__

    def clocked(kernel: KernelFunction, *given: Any) -> Any:
        if signature_of(given) not in kernel._loaded:
            return call(kernel, *given)
        start = time.thread_time()
        try:
            return call(kernel, *given)
        finally:
            took = time.thread_time() - start
            with lock:
                spent[kernel.function.__qualname__] += took

    KernelFunction.__call__ = clocked  # type: ignore[method-assign, assignment]
    sys.argv[1:] = arguments
    try:
        run()
    finally:
        Path(path).write_text(json.dumps(spent), encoding="ascii")


if __name__ == "__main__":
    main()
