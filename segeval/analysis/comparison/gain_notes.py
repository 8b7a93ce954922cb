"""Whether new predictions help, in a sentence."""

from __future__ import annotations

from collections.abc import Iterator

from segeval.analysis.comparison.differences import Difference
from segeval.errors import Note
from segeval.words import signed


def gain_notes(gain: Difference, *, against: str, instead: str) -> Iterator[Note]:
    """Says plainly if new predictions are not shown to help.

    Args:
        gain: AP with them against AP without.
        against: what they are compared with, such as " against a.json alone", or "".
        instead: what to do if they are worse, such as "Keep a.json".
    """
    if gain.difference is None:
        yield _note("the gain is undefined: there is no AP on these images")
        return
    size = f"{signed(gain.difference)} AP"
    if gain.interval is not None:
        size += f" ({' to '.join(map(signed, gain.interval))})"
    if gain.verdict.value == "worse":
        yield _note(f"this does not help: {size}{against}. {instead}")
    elif gain.verdict.value != "better":
        yield _note(f"it is not shown that this helps: {size}{against}")


def _note(message: str) -> Note:
    """A note on a gain that is none."""
    return Note("no-gain", message, 1, None)
