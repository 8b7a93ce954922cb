"""Section 1: the numbers, and sentences made from them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

from segeval.analysis.errors.label_difference_tables import ON
from segeval.analysis.errors.label_scores import CategoryPixels
from segeval.metrics.semantic.scores import CategoryScores, MeanIoUScores
from segeval.reports.compared import changed_errors, changed_number
from segeval.reports.extremes import MOST_NAMED, Ranked, extremes
from segeval.reports.label_maps.gathered import Gathered, Model
from segeval.reports.label_maps.sections.kinds import ORDER, lost_from
from segeval.reports.verdict import MainNumber, Number, VerdictSection, verdict_of
from segeval.reports.wording import LEAST_SAID, first_upper, most_lost, of_models
from segeval.words import counted, percent

Place = tuple[Any, ...]
"""Place of a number in JSON."""

MEANS = {"miou": "mIoU", "pixel_accuracy": "pixel accuracy", "mean_accuracy": "mean accuracy"}
"""Numbers that every page has."""

FEWEST_PIXELS = 0.001
"""Share of all pixels from which a class is named in a sentence, if there are others."""


def verdict_section(found: Gathered) -> VerdictSection:
    """The numbers and sentences of one model, or of two."""
    scores = [model.miou.scores for model in found.models]
    first = scores[0]
    images = counted(first.images, "image")
    main = MainNumber(
        name="mIoU",
        path=("miou",),
        values=tuple(own.miou for own in scores),
        images=first.images,
        undefined=(
            f"no pixel of {images} is evaluated",
            "no pixel is evaluated, so the models cannot be compared",
        ),
        category=("class", "classes"),
        categories=tuple(len(_known(own)) for own in scores),
    )
    return verdict_of(
        found,
        main,
        _numbers(scores),
        about=_about(first),
        losses=_losses(found.first),
        changes=_changes(found),
    )


def _numbers(scores: Sequence[MeanIoUScores]) -> Iterator[Number]:
    """The means of every model."""
    several = [dict(_means(own)) for own in scores]
    for path, (name, _) in several[0].items():
        yield Number(name, path, tuple(own[path][1] for own in several), path == ("miou",))


def _means(scores: MeanIoUScores) -> Iterator[tuple[Place, tuple[str, float | None]]]:
    """Place in JSON, name and value of the means; those beyond mean IoU if they were asked for."""
    for key, name in MEANS.items():
        yield (key,), (name, getattr(scores, key))
    for band in scores.trimap:
        yield ("trimap", band.width, "miou"), (f"mIoU in a trimap of {band.width:g} px", band.miou)
    if scores.boundary is not None:
        yield ("boundary", "miou"), ("boundary IoU", scores.boundary.miou)
    if scores.boundary_f is not None:
        yield ("boundary_f", "f"), ("boundary F", scores.boundary_f.f)


def _known(scores: MeanIoUScores) -> list[CategoryScores]:
    """The classes that have an IoU."""
    return [each for each in scores.categories if each.iou is not None]


def _about(scores: MeanIoUScores) -> str:
    """What mIoU is a mean over, and how many pixels are right."""
    known = _known(scores)
    invented = sum(not each.pixels for each in known)
    said = f", a mean over {counted(len(known), 'class', 'classes')}"
    if invented:
        said += f", {invented:,} of which the ground truth lacks and which count as 0"
    if scores.pixel_accuracy is not None:
        said += f"; {percent(scores.pixel_accuracy)} % of the pixels are right"
    return said


def _losses(model: Model) -> Iterator[str]:
    """What one model loses, and in which classes."""
    yield _lost_sentence(model)
    yield from _worst_sentence(model.miou.scores)


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
    invented, taken = _taken_by_invented(categories)
    if not invented:
        return ""
    lose = counted(
        invented,
        "class that the ground truth lacks takes",
        "classes that the ground truth lacks take",
    )
    return f" {lose} {percent(taken)} of these points."


def _taken_by_invented(categories: Sequence[CategoryPixels]) -> tuple[int, float]:
    """How many classes predictions alone have, and what these zeros take from the mean."""
    known = [each for each in categories if each.iou is not None]
    invented = sum(not each.gt for each in known)
    return invented, invented / max(len(known), 1)


def _worst_sentence(scores: MeanIoUScores) -> Iterator[str]:
    """The classes that lose most, and the best one; of those with enough pixels if there are."""
    ranked = [Ranked(each.name, each.iou or 0.0, each.pixels) for each in _known(scores)]
    fewest = max(1, math.ceil(FEWEST_PIXELS * scores.pixels))
    of = f"classes with at least {100 * FEWEST_PIXELS:g} % of the true pixels"
    said = extremes(ranked, "IoU", fewest, of, MOST_NAMED)
    if said:
        yield first_upper(f"{said}.")


def _changes(found: Gathered) -> Iterator[str]:
    """What the second model wins and loses, by kind of error."""
    if found.differences is None:
        return
    lost = found.differences.scores
    number = changed_number(lost_from(found.first), lost.miou)
    if number:
        said = changed_errors({ON[kind]: lost.kinds[kind].share for kind in ORDER}, number)
        yield f"{said}{_invented_by_two(found)}"


def _invented_by_two(found: Gathered) -> str:
    """What the classes that predictions alone have take from the means, where that differs."""
    taken = [_taken_by_invented(model.errors.scores.categories)[1] for model in found.models]
    if max(taken) - min(taken) < LEAST_SAID:
        return ""
    points = of_models(list(map(percent, taken)), [model.letter for model in found.models])
    return f" Classes that the ground truth lacks take {points} of the points that are lost."
