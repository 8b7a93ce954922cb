"""Section 8: one line for every number of the page."""

from __future__ import annotations

from collections.abc import Iterator

from segeval.reports.label_maps.gathered import Gathered
from segeval.reports.label_maps.sections.kinds import lost_from
from segeval.reports.terms import interval_term, undefined_term, verdict_terms
from segeval.words import percent

ABSENT = {
    "cityscapes": (
        "Classes that neither side has are in no mean; one that is predicted, but not in the "
        "ground truth, counts as 0."
    ),
    "zero": (
        "Classes that neither side has count as 0, and so does one that is predicted, but not in "
        "the ground truth."
    ),
    "detectron2": "Classes that the ground truth lacks are in no mean.",
}
"""What the rules for absent classes say."""


def definitions(found: Gathered) -> tuple[tuple[str, str], ...]:
    """Terms and what they are."""
    return tuple(_lines(found))


def _lines(found: Gathered) -> Iterator[tuple[str, str]]:
    """Term and definition, those that the page has."""
    model = found.first
    settings, scores = model.miou.settings, model.miou.scores
    yield (
        "IoU",
        (
            "Pixels that are right, of those that are truly or by prediction of the class, added "
            "up over all images."
        ),
    )
    yield "mIoU", f"The mean of IoU over classes. {ABSENT[settings['absent']]}"
    if lost_from(model) != "mIoU":
        yield lost_from(model), f"What errors are taken from. {ABSENT['cityscapes']}"
    yield (
        "pixel accuracy, mean accuracy",
        "Share of the evaluated pixels that are right, of all and as a mean over classes.",
    )
    yield (
        "evaluated pixels",
        (
            "Those that the ground truth has a class for. What they are predicted as may be no "
            "class: then they are missed."
        ),
    )
    if scores.trimap:
        yield (
            "trimap",
            (
                "IoU of the pixels alone that are within so many pixels of a boundary of the "
                "ground truth."
            ),
        )
    if scores.boundary is not None:
        yield "boundary IoU", "IoU of the bands along the boundaries of either side."
    if scores.boundary_f is not None:
        yield "boundary F", "Harmonic mean of how much of the boundaries is near the other side's."
    near = percent(model.errors.settings["boundary_ratio"])
    yield (
        "boundary, extent, segment",
        (
            f"Kinds of wrong pixels: within {near} % of the image's diagonal from a boundary that "
            "is roughly right; else in a segment that the other side has a part of; else in "
            "a segment that is invented or missed as a whole. With IoU they add up to 100 for "
            "every class."
        ),
    )
    yield (
        "wrong pixels in pictures",
        (
            "A wrong pixel is false for one class and missed for another. In pictures it has the "
            "graver kind of the two: segment before extent before boundary."
        ),
    )
    yield (
        "loss of an image",
        "1 - mIoU of the image alone, by the same rule for classes that one side lacks.",
    )
    yield undefined_term("the class has no pixels")
    yield interval_term(model.intervals.settings)
    yield from verdict_terms(
        found.comparison, "classes", "Fewer than 10 images have true pixels of the class"
    )
