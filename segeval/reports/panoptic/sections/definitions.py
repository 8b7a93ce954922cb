"""Section 8: one line for every number of the page."""

from __future__ import annotations

from collections.abc import Iterator

from segeval.metrics.boundary_settings import boundary_of
from segeval.reports.panoptic.gathered import Gathered
from segeval.reports.terms import interval_term, undefined_term, verdict_terms


def definitions(found: Gathered) -> tuple[tuple[str, str], ...]:
    """Terms and what they are."""
    return tuple(_lines(found))


def _lines(found: Gathered) -> Iterator[tuple[str, str]]:
    """Term and definition, those that the page has."""
    yield (
        "true, false, missed",
        (
            "A predicted and a true segment of one image and category match if their IoU is above "
            "0.5; the others are false (FP) or missed (FN). Void is not part of the union."
        ),
    )
    yield "PQ", "Sum of the IoU of the matches / (TP + FP/2 + FN/2) of a category; SQ x RQ."
    yield "SQ", "Mean IoU of the matches of a category; 0 without one."
    yield "RQ", "TP / (TP + FP/2 + FN/2) of a category, an F1 score of segments."
    yield (
        "all, things, stuff",
        (
            "Means over the categories that have a true, false or missed segment. So mean PQ is "
            "not mean SQ times mean RQ."
        ),
    )
    if "boundary" in found.kinds:
        width = boundary_of(found.first.errors.settings).text()
        yield (
            "boundary PQ",
            (
                "PQ with the smaller of mask IoU and IoU of the bands along the edges of segments "
                f"({width})."
            ),
        )
    yield (
        "excused",
        (
            "A predicted segment that matches nothing, more than half of it void or crowd of its "
            "category: it is not false."
        ),
    )
    yield (
        "share of a kind of error",
        (
            "1 - PQ of a category is (TP - sum of IoU) / D + FP/2 / D + FN/2 / D, with D = TP + "
            "FP/2 + FN/2. False and missed segments that would match, were they of one category, "
            "are the wrong categories; half a segment each counts for its own category."
        ),
    )
    yield (
        "loss of an image",
        (
            "What the image adds to (TP - sum of IoU + FP/2 + FN/2) of each category, over D of "
            "the category in all images, over the number of categories. All losses together are "
            "1 - PQ."
        ),
    )
    yield undefined_term("no segment counts")
    yield interval_term(found.first.intervals.settings)
    yield from verdict_terms(
        found.comparison, "categories", "True segments in fewer than 10 images"
    )
