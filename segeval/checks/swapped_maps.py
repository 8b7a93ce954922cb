"""Label maps that may be given in the wrong order."""

from __future__ import annotations

from collections.abc import Iterator

from segeval.findings import PERHAPS_SWAPPED, Finding
from segeval.words import counted

MANY = 0.5
"""Share of the images with labels that are not evaluated from which these look like void."""


def perhaps_swapped_maps(
    names: tuple[str, str], void_preds: int, images: int, *, gt_has_void: bool
) -> Iterator[Finding]:
    """A doubt about the order: predictions alone have void, as only ground truth has it.

    Ground truth may do without void, so this is no error.

    Args:
        names: of the predictions and of the ground truth.
        void_preds: images whose prediction has labels that are not evaluated, void aside.
        images: how many there are.
        gt_has_void: whether any image of the ground truth has such labels.

    Example:
        >>> [doubt] = perhaps_swapped_maps(("a", "b"), 9, 10, gt_has_void=False)
        >>> doubt.message
        'no image has labels that are not evaluated, 9 of 10 images of a have them, as in ground \
truth'
    """
    if not void_preds or void_preds < MANY * images or gt_has_void:
        return
    preds, gt = names
    yield Finding(
        "warn",
        "ignored labels",
        f"no image has labels that are not evaluated, {void_preds:,} of {counted(images, 'image')} "
        f"of {preds} {'has' if void_preds == 1 else 'have'} them, as in ground truth",
        count=void_preds,
        path=gt,
        hint=f"If {preds} is the ground truth, swap them: predictions come first.",
        code=PERHAPS_SWAPPED,
    )
