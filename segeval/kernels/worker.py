"""A process that compiles kernels of the list for another one (`crew`).

    python -m segeval.kernels.worker

reads numbers of kernels from standard input, which it shares with other workers: each takes the
next one when it has time. To standard output it writes each number, the length of what follows, and
what a file of the kernel holds; nothing for one that only numba can call.
"""

from __future__ import annotations

import gc
import os

from segeval.kernels import machine_code, store
from segeval.kernels.crew import HEAD, NUMBER
from segeval.kernels.listed import all_listed


def main() -> None:
    """Compile until there is nothing left."""
    gc.disable()  # numba makes millions of objects and few cycles: a tenth of the time, for 100 MB
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # nothing else may write there
    listed = all_listed()
    while len(word := os.read(0, NUMBER.size)) == NUMBER.size:
        (number,) = NUMBER.unpack(word)
        function, signature = listed[number].function(), listed[number].signature
        name = machine_code.name_of(function, signature)
        made = store.find(name) or machine_code.compile_and_keep(function, signature, name)
        code = store.to_bytes(name, made) if made else b""
        answers.write(HEAD.pack(number, len(code)) + code)
        answers.flush()


if __name__ == "__main__":
    main()
