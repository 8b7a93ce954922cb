"""Whether new predictions help, in a sentence."""

from __future__ import annotations

from collections.abc import Iterator

from segeval.analysis.comparison.differences import Difference
from segeval.analysis.comparison.verdicts import FEWEST_IMAGES
from segeval.errors import Note
from segeval.words import counted, signed


def gain_notes(
    gain: Difference, *, against: str, instead: str, number: str = "AP"
) -> Iterator[Note]:
    """Says plainly if new predictions are not shown to help.

    Args:
        gain: AP, or another number, with them against the same without.
        against: what they are compared with, such as " against a.json alone", or "".
        instead: what to do if they are worse, such as "Keep a.json".
        number: what is compared.
    """
    if gain.difference is None:
        yield _note(f"the gain is undefined: there is no {number} on these images")
        return
    size = f"{signed(gain.difference)} {number}"
    if gain.interval is not None:
        size += f" ({' to '.join(map(signed, gain.interval))})"
    if gain.verdict.value == "worse":
        yield _note(f"this does not help: {size}{against}. {instead}")
    elif gain.verdict.value != "better":
        yield _note(f"it is not shown that this helps: {size}{against}")


def few_images_note(images: int, *, are_groups: bool = False) -> Note:
    """Says that a gain on so few images, or groups of images, would tell nothing."""
    few = counted(images, "image is", "images are")
    if are_groups:
        few = counted(images, "group of images is", "groups of images are")
    message = f"{few} too few to measure the gain: expected at least {FEWEST_IMAGES}"
    return Note("few-images", message, images, None)


def by_hand_note() -> Note:
    """Says that nobody knows which images had a part in numbers stated by hand."""
    return Note(
        "stated-by-hand",
        "what the models are worth was stated by hand: if these images had a part in it, the "
        "gain is too high, which cannot be checked",
        1,
        None,
    )


def _note(message: str) -> Note:
    """A note on a gain that is none."""
    return Note("no-gain", message, 1, None)
