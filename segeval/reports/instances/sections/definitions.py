"""Section 8: one line for every number of the page."""

from __future__ import annotations

from collections.abc import Iterator

from segeval.metrics.coco.tables import threshold_text
from segeval.reports.instances.gathered import Gathered
from segeval.reports.terms import interval_term, undefined_term, verdict_terms


def definitions(found: Gathered) -> tuple[tuple[str, str], ...]:
    """Terms and what they are."""
    return tuple(_lines(found))


def _lines(found: Gathered) -> Iterator[tuple[str, str]]:
    """Term and definition, those that the page has."""
    settings = found.first.ap.settings
    cap = settings["max_dets"][-1]
    limit = f"the best {cap} predictions" if cap else "all predictions"
    of = "of a category" if settings["cap_scope"] == "category" else "of an image and category"
    yield (
        "AP",
        (
            "Precision at 101 recalls from 0 to 1, meaned over categories with objects and over "
            f"IoU thresholds ({threshold_text(settings['thresholds'])}), of {limit} {of}."
        ),
    )
    yield "AP50, AP75", "The same at one IoU threshold, 0.50 or 0.75."
    yield "AR", "The largest recall, meaned over categories and thresholds."
    if "boundary" in found.kinds:
        yield "boundary AP", "AP with the smaller of mask IoU and IoU of the bands along the edges."
    yield (
        "order of predictions",
        f"{settings['ties']}. The same numbers for any number of threads.",
    )
    yield undefined_term("no object counts")
    yield interval_term(found.first.intervals.settings)
    yield (
        "share of a kind of error",
        (
            "What fixing the kind gains, meaned over all orders in which the kinds can be fixed "
            "(Shapley value)."
        ),
    )
    yield (
        "precision, recall",
        "Share of the kept predictions that are true; share of the objects found.",
    )
    yield "F1", "Harmonic mean of precision and recall."
    yield (
        "unseen F1",
        "With the score chosen on one half of the images, on the other half, and the reverse.",
    )
    yield (
        "D-ECE",
        "Mean difference of score and precision over 25 ranges of scores, by predictions.",
    )
    yield from verdict_terms(
        found.comparison, "categories and sizes", "Objects in fewer than 10 images"
    )
