"""Section 1: the numbers, and three sentences made from them."""

from __future__ import annotations

from collections.abc import Iterator

from segeval.analysis.errors.difference_tables import ON
from segeval.analysis.errors.kinds import KINDS
from segeval.metrics.kinds import prefix
from segeval.reports.compared import (
    changed_categories,
    changed_errors,
    compared_sentence,
    footnote,
    is_told,
)
from segeval.reports.extremes import Ranked, extremes
from segeval.reports.headlines import Headline, VerdictSection, headline_difference
from segeval.reports.instances.gathered import Gathered, Model
from segeval.reports.page_table import Cell, name_of
from segeval.reports.wording import (
    LEAST_SAID,
    NUMBERS,
    ap_at,
    between,
    first_upper,
    in_brackets,
    interval_at,
    most_lost,
)
from segeval.words import counted, percent

FEWEST_OBJECTS = 10
"""Objects of a category or size that is named in a sentence, if there are others with as many."""


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
    """AP, AP50, AP75 and AR, of every kind of IoU."""
    for kind in found.kinds:
        for key, name in NUMBERS.items():
            values = [getattr(model.ap.scores[kind].overall, key) for model in found.models]
            if key != "ap" and all(value is None for value in values):
                continue
            path = (kind, key)
            yield Headline(
                name=f"{prefix(kind)}{name}",
                values=tuple(map(percent, values)),
                intervals=tuple(
                    between(interval_at(model.intervals, *path)) for model in found.models
                ),
                difference=_difference(found, path),
                is_main=key == "ap",
            )


def _difference(found: Gathered, path: tuple[str, ...]) -> tuple[str, str, Cell] | None:
    """The difference of two models with its interval and verdict."""
    if found.comparison is None:
        return None
    return headline_difference(found.comparison.differences.get(path))


# One model


def _of_one(found: Gathered) -> Iterator[str]:
    """The sentences on one model."""
    model = found.first
    kind = found.kinds[0]
    own = model.ap.scores[kind].overall
    images = counted(len(model.ap.matches.image_ids), "image")
    if own.ap is None:
        yield (
            f"{prefix(kind)}AP is undefined: no object counts on {images}, so nothing can be found."
        )
        return
    objects = counted(own.gt, "object")
    sure = in_brackets(between(interval_at(model.intervals, kind, "ap")))
    yield f"{first_upper(prefix(kind))}AP is {percent(own.ap)}{sure} on {images} with {objects}."
    if not model.ap.inputs["preds"]["count"]:
        what = "the only object is" if own.gt == 1 else f"all {objects} are"
        yield f"There are no predictions: {what} missed."
        return
    yield _lost_sentence(model, kind)
    yield from _worst_sentence(model, kind)


def _lost_sentence(model: Model, kind: str) -> str:
    """To what most AP is lost."""
    name = f"{prefix(kind)}{ap_at(model.at)}"
    lost = model.errors.scores[kind].overall
    if lost.ap is None:
        return f"{first_upper(name)} is undefined, and so is what it loses."
    total = 1 - lost.ap
    if total < LEAST_SAID:
        return f"No {name} is lost: every object is found, and nothing false ranks above one."
    return most_lost(name, total, {ON[each]: lost.kinds[each].share or 0.0 for each in KINDS})


def _worst_sentence(model: Model, kind: str) -> Iterator[str]:
    """The category that loses most, and the sizes that are found least and most."""
    ranked = [
        Ranked(each.name, each.ap, each.gt)
        for each in model.ap.scores[kind].categories
        if each.ap is not None
    ]
    of = f"categories with at least {FEWEST_OBJECTS} objects"
    said = extremes(ranked, f"{prefix(kind)}AP", FEWEST_OBJECTS, of)
    parts = [said] if said else []
    point = model.point.scores[kind]
    sizes = [each for each in point.sizes if each.recall is not None and each.gt >= FEWEST_OBJECTS]
    if sizes and point.point.score is not None:
        least = min(sizes, key=lambda size: size.recall or 0.0)
        most = max(sizes, key=lambda size: size.recall or 0.0)
        text = f"{least.name} objects are found {_share(least.recall)} of the time"
        if most.name != least.name:
            text += f", {most.name} ones {_share(most.recall)}"
        parts.append(f"{text}, with the score of the best F1 ({point.point.score:.3g})")
    if parts:
        yield first_upper(f"{'; '.join(parts)}.")


def _share(value: float | None) -> str:
    """A recall in a sentence."""
    return f"{100 * (value or 0.0):.0f} %"


# Two models


def _of_two(found: Gathered) -> Iterator[str]:
    """The sentences on two models."""
    a, b = found.models
    kind = found.kinds[0]
    name = f"{prefix(kind)}AP"
    first, second = (model.ap.scores[kind].overall.ap for model in found.models)
    if first is None or second is None:
        why = "no object counts, so the models cannot be compared"
        yield f"{first_upper(name)} is undefined: {why}."
        return
    names = f"A ({name_of(a.name)})", f"B ({name_of(b.name)})"
    images = len(a.ap.matches.image_ids)
    yield compared_sentence(found.comparison, names, name, (first, second), images)
    if is_told(found.comparison):
        yield from _changed_errors(found, kind)
        yield from changed_categories(found.comparison, "category", "categories")


def _changed_errors(found: Gathered, kind: str) -> Iterator[str]:
    """What the second model wins and loses, by kind of error."""
    if found.differences is None:
        return
    lost = found.differences.scores[kind].overall
    name = f"{prefix(kind)}{ap_at(found.first.at)}"
    shares = {ON[each]: lost.kinds[each].share for each in KINDS}
    yield from changed_errors(first_upper(name), lost.ap, shares)
