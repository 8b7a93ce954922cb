"""Mutation fuzzer: `python -m tests.fuzz [FORMAT ...] --count 2000 --seed 0`.

Files of every format are spoilt at random places. Reading one must give a result or one of
segeval's own errors: no other exception, no signal, not more than 20 seconds, not more than 2 GB.
`SEGEVAL_CHECKED=1` runs it on kernels that check every index.
"""

from __future__ import annotations

import argparse
import json
import selectors
import subprocess
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from segeval.kernels.threads import cores
from tests.fuzz.formats import formats

SECONDS = 20.0
"""Longest time that a file may take."""

START_SECONDS = 600.0
"""Longest time until the first file: kernels may have to be compiled."""

MOST_SHOWN = 20
"""Faults shown of a format."""


@dataclass
class Tally:
    """What came of the files of one format.

    Attributes:
        outcomes: how many were read, refused or at fault.
        faults: what happened, with the seeds.
    """

    outcomes: Counter[str] = field(default_factory=Counter)
    faults: dict[str, list[int]] = field(default_factory=dict)

    def add(self, outcome: str, seed: int, what: str = "") -> None:
        """Count a file."""
        self.outcomes[outcome] += 1
        if outcome == "fault":
            self.faults.setdefault(what, []).append(seed)


def fuzz(name: str, first: int, count: int) -> Tally:
    """Read spoilt files of one format in a process that may die."""
    tally, seed = Tally(), first
    while seed < first + count:
        seed = _read_from(name, seed, first + count - seed, tally)
    return tally


def _read_from(name: str, first: int, count: int, tally: Tally) -> int:
    """Read files until all are done or the process dies; the next seed."""
    command = [sys.executable, "-m", "tests.fuzz.worker", name, str(first), str(count)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    assert process.stdout is not None
    seed: int | None = None
    limit = START_SECONDS
    with selectors.DefaultSelector() as waiting:
        waiting.register(process.stdout, selectors.EVENT_READ)
        deadline = time.monotonic() + limit
        pending = b""
        while True:
            if not waiting.select(max(0.0, deadline - time.monotonic())):
                process.kill()
                process.wait()
                if seed is None:
                    raise SystemExit(f"{name}: the sound files were not read in {limit:g} s")
                tally.add("fault", seed, f"more than {SECONDS:g} s")
                return seed + 1
            block = process.stdout.read1(1 << 16)  # type: ignore[attr-defined]
            if not block:
                break
            *lines, pending = (pending + block).split(b"\n")
            for line in map(json.loads, lines):
                seed = line["seed"]
                deadline = time.monotonic() + SECONDS
                if "outcome" in line:
                    tally.add(line["outcome"], line["seed"], line.get("what", ""))
                    seed = None if line["seed"] == first + count - 1 else line["seed"] + 1
    code = process.wait()
    if seed is None and code == 0:
        return first + count
    if seed is None:
        raise SystemExit(f"{name}: the process ended with {code} before any file")
    tally.add("fault", seed, f"the process ended with {code}")
    return seed + 1


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def main() -> int:
    """Fuzz the formats asked for; 1 if any file was at fault."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("format", nargs="*", help="formats; default: all")
    parser.add_argument("--count", type=int, default=2000, help="files of each format")
    parser.add_argument("--seed", type=int, default=0, help="seed of the first file")
    parser.add_argument("--jobs", type=int, default=cores(), help="formats at a time")
    asked = parser.parse_args()
    known = formats()
    if unknown := [name for name in asked.format if name not in known]:
        parser.error(f"no format {unknown[0]}, expected some of: {', '.join(known)}")
    faults = 0
    begin = time.monotonic()
    with ThreadPoolExecutor(asked.jobs) as pool:  # each waits for a process
        names = asked.format or list(known)
        tallies = pool.map(lambda name: fuzz(name, asked.seed, asked.count), names)
        for name, tally in zip(names, tallies, strict=True):
            keys = ("ok", "refused", "fault")
            counts = ", ".join(f"{tally.outcomes[key]:,} {key}" for key in keys)
            _say(f"{name:20} {counts}, after {time.monotonic() - begin:.0f} s")
            for what, seeds in list(tally.faults.items())[:MOST_SHOWN]:
                _say(f"    {len(seeds)} x {what}  (seeds {seeds[:3]})")
            faults += tally.outcomes["fault"]
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
