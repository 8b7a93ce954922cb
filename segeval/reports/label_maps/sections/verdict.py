"""Section 1: the numbers, and sentences made from them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

from segeval.analysis.errors.label_difference_tables import ON
from segeval.analysis.errors.label_scores import CategoryPixels
from segeval.metrics.semantic.result import MeanIoUScores
from segeval.reports.compared import (
    changed_categories,
    changed_errors,
    compared_sentence,
    footnote,
    is_told,
    means_over,
)
from segeval.reports.extremes import MOST_NAMED, Ranked, extremes
from segeval.reports.headlines import Headline, VerdictSection, headline_difference
from segeval.reports.label_maps.gathered import Gathered, Model
from segeval.reports.label_maps.sections.kinds import ORDER, lost_from
from segeval.reports.page_table import name_of
from segeval.reports.wording import (
    LEAST_SAID,
    between,
    first_upper,
    in_brackets,
    interval_at,
    most_lost,
)
from segeval.words import counted, percent

Place = tuple[Any, ...]
"""Place of a number in JSON."""

MEANS = {"miou": "mIoU", "pixel_accuracy": "pixel accuracy", "mean_accuracy": "mean accuracy"}
"""Numbers that every page has."""

FEWEST_PIXELS = 0.001
"""Share of all pixels from which a class is named in a sentence, if there are others."""


def verdict_section(found: Gathered) -> VerdictSection:
    """The numbers and sentences of one model, or of two."""
    makers = _of_one if len(found.models) == 1 else _of_two
    return VerdictSection(
        sentences=tuple(makers(found)),
        headlines=tuple(_headlines(found)),
        letters=tuple(model.letter for model in found.models),
        names=tuple(name_of(model.name) for model in found.models),
        footnote=footnote(found.comparison, found.first.intervals.by_path),
    )


def _headlines(found: Gathered) -> Iterator[Headline]:
    """The means, of every model."""
    several = [dict(_numbers(model.miou.scores)) for model in found.models]
    for path, (name, _) in several[0].items():
        difference = None
        if found.comparison is not None:
            difference = headline_difference(found.comparison.differences.get(path))
        yield Headline(
            name=name,
            values=tuple(percent(own[path][1]) for own in several),
            intervals=tuple(between(interval_at(model.intervals, *path)) for model in found.models),
            difference=difference,
            is_main=path == ("miou",),
        )


def _numbers(scores: MeanIoUScores) -> Iterator[tuple[Place, tuple[str, float | None]]]:
    """Place in JSON, name and value of the means; those beyond mean IoU if they were asked for."""
    for key, name in MEANS.items():
        yield (key,), (name, getattr(scores, key))
    for band in scores.trimap:
        yield ("trimap", band.width, "miou"), (f"mIoU in a trimap of {band.width:g} px", band.miou)
    if scores.boundary is not None:
        yield ("boundary", "miou"), ("boundary IoU", scores.boundary.miou)
    if scores.boundary_f is not None:
        yield ("boundary_f", "f"), ("boundary F", scores.boundary_f.f)


# One model


def _of_one(found: Gathered) -> Iterator[str]:
    """The sentences on one model."""
    model = found.first
    scores = model.miou.scores
    images = counted(scores.images, "image")
    if scores.miou is None:
        yield f"mIoU is undefined: no pixel of {images} is evaluated."
        return
    sure = in_brackets(between(interval_at(model.intervals, "miou")))
    known = [each for each in scores.categories if each.iou is not None]
    classes = counted(len(known), "class", "classes")
    invented = sum(not each.pixels for each in known)
    if invented:
        classes += f", {invented:,} of which the ground truth lacks and which count as 0"
    right = ""
    if scores.pixel_accuracy is not None:
        right = f"; {percent(scores.pixel_accuracy)} % of the pixels are right"
    yield f"mIoU is {percent(scores.miou)}{sure} on {images}, a mean over {classes}{right}."
    yield _lost_sentence(model)
    yield from _worst_sentence(scores)


def _lost_sentence(model: Model) -> str:
    """To what most IoU is lost."""
    lost = model.errors.scores
    total = 1 - (lost.miou or 0.0)
    if total < LEAST_SAID:
        return "No IoU is lost: every evaluated pixel is right."
    shares = {ON[kind]: lost.kinds[kind].share or 0.0 for kind in ORDER}
    return f"{most_lost(lost_from(model), total, shares)}{_invented(lost.categories)}"


def _invented(categories: Sequence[CategoryPixels]) -> str:
    """What the classes that only predictions have take from the mean, in which they are 0."""
    known = [each for each in categories if each.iou is not None]
    invented = sum(not each.gt for each in known)
    if not invented:
        return ""
    lose = counted(
        invented,
        "class that the ground truth lacks takes",
        "classes that the ground truth lacks take",
    )
    return f" {lose} {percent(invented / len(known))} of these points."


def _worst_sentence(scores: MeanIoUScores) -> Iterator[str]:
    """The classes that lose most, and the best one; of those with enough pixels if there are."""
    ranked = [
        Ranked(each.name, each.iou, each.pixels)
        for each in scores.categories
        if each.iou is not None
    ]
    fewest = max(1, math.ceil(FEWEST_PIXELS * scores.pixels))
    of = f"classes with at least {100 * FEWEST_PIXELS:g} % of the true pixels"
    said = extremes(ranked, "IoU", fewest, of, MOST_NAMED)
    if said:
        yield first_upper(f"{said}.")


# Two models


def _of_two(found: Gathered) -> Iterator[str]:
    """The sentences on two models."""
    a, b = found.models
    first, second = (model.miou.scores.miou for model in found.models)
    if first is None or second is None:
        yield "mIoU is undefined: no pixel is evaluated, so the models cannot be compared."
        return
    names = f"A ({name_of(a.name)})", f"B ({name_of(b.name)})"
    images = a.miou.scores.images
    yield compared_sentence(found.comparison, names, "mIoU", (first, second), images)
    counts = tuple(
        sum(each.iou is not None for each in model.miou.scores.categories) for model in (a, b)
    )
    yield from means_over((counts[0], counts[1]), "class", "classes")
    if not is_told(found.comparison):
        return
    if found.differences is not None:
        own = found.differences.scores
        yield from changed_errors(
            lost_from(a), own.miou, {ON[k]: own.kinds[k].share for k in ORDER}
        )
    yield from changed_categories(found.comparison, "class", "classes")
