"""Reads spoilt files one after the other, and prints what came of each.

Arguments: a format, the first seed, the number of seeds. A line with the seed comes before each
file, a line with the outcome "ok", "refused" or "fault" after it. Whoever started this process
watches for its death.
"""

from __future__ import annotations

import json
import resource
import shutil
import sys
import tempfile
import traceback
import warnings
from collections.abc import Callable
from pathlib import Path

from segeval.errors import SegevalError
from tests.fuzz.formats import formats

MEMORY = 2 << 30
"""Bytes that reading may take beyond what the process has."""


def main(name: str, first: int, count: int) -> None:
    """Read the files of some seeds."""
    warnings.simplefilter("error")
    chosen = formats()[name]
    with tempfile.TemporaryDirectory() as place:
        sound = Path(place, "sound")
        sound.mkdir()
        chosen.make(sound)
        chosen.run(sound)  # a sound file is read, and its kernels are there
        _limit_memory()
        for seed in range(first, first + count):
            _tell({"seed": seed})
            spoilt = Path(place, "spoilt")
            shutil.copytree(sound, spoilt)
            chosen.spoil(spoilt, seed)
            _tell({"seed": seed, **_outcome(chosen.run, spoilt)})
            shutil.rmtree(spoilt)


def _tell(line: dict[str, object]) -> None:
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


def _outcome(run: Callable[[Path], object], folder: Path) -> dict[str, str]:
    try:
        run(folder)
    except SegevalError as refusal:
        if not str(refusal).strip():
            return {"outcome": "fault", "what": "an error without a message"}
        return {"outcome": "refused"}
    except BaseException as fault:
        where = traceback.extract_tb(fault.__traceback__)[-1]
        file = Path(where.filename)
        place = f"{file.parent.name}/{file.name}:{where.lineno}"
        return {"outcome": "fault", "what": f"{type(fault).__name__} at {place}: {fault}"[:300]}
    return {"outcome": "ok"}


def _limit_memory() -> None:
    """Let the process take `MEMORY` more than it has."""
    status = Path("/proc/self/status")
    if not status.is_file():
        return
    fields = dict(line.split(":", 1) for line in status.read_text().splitlines())
    now = int(fields["VmData"].split()[0]) << 10
    resource.setrlimit(resource.RLIMIT_DATA, (now + MEMORY, now + MEMORY))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
