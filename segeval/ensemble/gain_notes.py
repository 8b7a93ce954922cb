"""What a gain means, in a sentence."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from segeval.ensemble.gain import Gain
from segeval.errors import Note
from segeval.words import signed


def notes_on(gain: Gain) -> Iterator[Note]:
    """Whether merging helps, said plainly, and how much of what is seen is optimism."""
    found = gain.over_best
    name = Path(gain.best).name
    if found.difference is None:
        yield _note("the gain is undefined: there is no AP on these images")
        return
    size = f"{signed(found.difference)} AP"
    if found.interval is not None:
        low, high = map(signed, found.interval)
        size += f" ({low} to {high})"
    if found.verdict.value == "worse":
        yield _note(f"this does not help: {size} against {name} alone. Keep {name}")
    elif found.verdict.value != "better":
        yield _note(f"it is not shown that this helps: {size} against {name} alone")


def _note(message: str) -> Note:
    """A note on a gain that is none."""
    return Note("no-gain", message, 1, None)
