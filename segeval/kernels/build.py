"""Compile the kernels of the list as a part of a wheel (`wheel`).

    python -m segeval.kernels.build FOLDER

writes the index and the files of `built` for each level of this kind of machine.
"""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from segeval.kernels import built, levels, store
from segeval.kernels.listed import Listed, all_listed


def main() -> None:
    """Build what the command line says."""
    folder, *level = sys.argv[1:]
    if level:
        for name, digest in compiled(all_listed(), level[0], Path(folder)):
            sys.stdout.write(f"{name} {digest}\n")
    else:
        write(Path(folder))


def write(folder: Path) -> None:
    """Write the index and, in processes that compile for one level each, the files."""
    place = folder / built.FILES
    place.mkdir()
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        made = pool.map(lambda level: _rows(level, place), levels.NEEDS[platform.machine()])
        files = {name: digest for rows in made for name, digest in rows}
    (folder / f"{built.INDEX}.py").write_text(index(files))


def compiled(listed: Iterable[Listed], level: str, folder: Path) -> Iterator[tuple[str, str]]:
    """Compile kernels into a folder.

    Args:
        listed: the kernels.
        level: the level that numba compiles for in this process.
        folder: where the files go.

    Yields:
        The name of each kernel in the index, and the digest of its file.
    """
    from segeval.kernels.compile import compile_kernel

    for each in listed:
        made = compile_kernel(each.function(), each.signature)
        if made is None:
            raise RuntimeError(f"{each.module}.{each.name} would run with numba alone")
        name = built.name_of(each.function(), each.signature, level)
        content = store.to_bytes(name, made)
        digest = built.digest_of(content)
        (folder / digest).write_bytes(content)
        yield name, digest


def index(files: dict[str, str]) -> str:
    """The source of an index."""
    rows = "".join(f"    {name!r}: {digest!r},\n" for name, digest in sorted(files.items()))
    return (
        '"""Machine code in this package, by what it was made from; the build wrote this."""\n\n'
        f"RUNTIME = {built.runtime_digest()!r}\n\nFILES = {{\n{rows}}}\n"
    )


def _rows(level: str, folder: Path) -> list[list[str]]:
    """What a process compiles in which numba knows one level only."""
    done = subprocess.run(
        [sys.executable, "-m", "segeval.kernels.build", str(folder), level],
        env={**os.environ, "NUMBA_CPU_NAME": level, "NUMBA_CPU_FEATURES": ""},
        stdout=subprocess.PIPE, text=True, check=True,
    )  # fmt: skip
    return [line.split() for line in done.stdout.splitlines()]


if __name__ == "__main__":
    main()
