"""Section 1: the numbers, and three sentences made from them."""

from __future__ import annotations

from collections.abc import Iterator

from segeval.analysis.errors.difference_tables import ON
from segeval.analysis.errors.kinds import KINDS
from segeval.metrics.kinds import prefix
from segeval.reports.compared import changed_errors, changed_number
from segeval.reports.extremes import Ranked, extremes
from segeval.reports.instances.gathered import Gathered, Model
from segeval.reports.verdict import (
    MainNumber,
    Number,
    VerdictSection,
    all_missed,
    verdict_of,
)
from segeval.reports.wording import LEAST_SAID, NUMBERS, ap_at, first_upper, most_lost
from segeval.words import counted

FEWEST_OBJECTS = 10
"""Objects of a category or size that is named in a sentence, if there are others with as many."""


def verdict_section(found: Gathered) -> VerdictSection:
    """The numbers and sentences of one model, or of two."""
    model, kind = found.first, found.kinds[0]
    own = model.ap.scores[kind].overall
    images = len(model.ap.matches.image_ids)
    main = MainNumber(
        name=f"{prefix(kind)}AP",
        path=(kind, "ap"),
        values=tuple(each.ap.scores[kind].overall.ap for each in found.models),
        images=images,
        undefined=(
            f"no object counts on {counted(images, 'image')}, so nothing can be found",
            "no object counts, so the models cannot be compared",
        ),
    )
    return verdict_of(
        found,
        main,
        _numbers(found),
        about=f" with {counted(own.gt, 'object')}",
        losses=_losses(model, kind),
        changes=_changes(found, kind),
    )


def _numbers(found: Gathered) -> Iterator[Number]:
    """AP, AP50, AP75 and AR, of every kind of IoU."""
    for kind in found.kinds:
        for key, name in NUMBERS.items():
            values = tuple(getattr(each.ap.scores[kind].overall, key) for each in found.models)
            if key == "ap" or any(value is not None for value in values):
                yield Number(f"{prefix(kind)}{name}", (kind, key), values, key == "ap")


def _losses(model: Model, kind: str) -> Iterator[str]:
    """What one model loses, and in which categories and sizes."""
    nothing = _nothing_found(model, kind)
    if nothing:
        yield nothing
        return
    yield _lost_sentence(model, kind)
    yield from _worst_sentence(model, kind)


def _nothing_found(model: Model, kind: str) -> str:
    """That there are no predictions; "" where there are."""
    if model.ap.inputs["preds"]["count"]:
        return ""
    return all_missed(model.ap.scores[kind].overall.gt, "object", "predictions", model.letter)


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


def _changes(found: Gathered, kind: str) -> Iterator[str]:
    """What the second model wins and loses, by kind of error."""
    nothing = [each for each in (_nothing_found(model, kind) for model in found.models) if each]
    if nothing:
        yield from nothing
        return
    if found.differences is None:
        return
    lost = found.differences.scores[kind].overall
    number = changed_number(f"{prefix(kind)}{ap_at(found.first.at)}", lost.ap)
    if number:
        yield changed_errors({ON[each]: lost.kinds[each].share for each in KINDS}, number)
