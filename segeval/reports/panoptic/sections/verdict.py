"""Section 1: PQ, SQ and RQ, and three sentences made from them."""

from __future__ import annotations

from collections.abc import Iterator

from segeval.analysis.errors.pair import won_and_lost
from segeval.analysis.errors.panoptic_difference_tables import ON
from segeval.analysis.errors.panoptic_shares import GROUPS, PANOPTIC_KINDS, CategoryLoss
from segeval.metrics.kinds import prefix
from segeval.reports.compared import (
    changed_categories,
    compared_sentence,
    footnote,
    is_told,
    means_over,
    quoted,
)
from segeval.reports.extremes import Ranked, extremes
from segeval.reports.headlines import Headline, VerdictSection, headline_difference
from segeval.reports.page_table import name_of
from segeval.reports.panoptic.gathered import Gathered, Model
from segeval.reports.wording import (
    LEAST_SAID,
    between,
    first_upper,
    in_brackets,
    interval_at,
    is_several,
    share_words,
)
from segeval.words import counted, joined, percent

FEWEST_SEGMENTS = 10
"""True segments of a category that is named in a sentence, if there are others with as many."""

RECOGNITION = ("confusion", "false", "missed")
"""Kinds of errors that recognition quality lacks."""


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
    """PQ, SQ and RQ of all, things and stuff, by every kind of IoU."""
    for kind in found.kinds:
        for group in GROUPS:
            own = [getattr(model.errors.quality.scores[kind], group) for model in found.models]
            if group != "all" and not any(each.n for each in own):
                continue
            for key in ("pq", "sq", "rq"):
                path = (kind, group, key)
                of_group = "" if group == "all" else f" of {group}"
                difference = None
                if found.comparison is not None:
                    difference = headline_difference(found.comparison.differences.get(path))
                yield Headline(
                    name=f"{prefix(kind)}{key.upper()}{of_group}",
                    values=tuple(percent(getattr(each, key)) for each in own),
                    intervals=tuple(
                        between(interval_at(model.intervals, *path)) for model in found.models
                    ),
                    difference=difference,
                    is_main=(group, key) == ("all", "pq"),
                )


def _of_one(found: Gathered) -> Iterator[str]:
    """The sentences on one model."""
    model, kind = found.first, found.kinds[0]
    scores, gt = model.errors.quality.scores[kind], model.errors.inputs["gt"]
    name = f"{prefix(kind)}PQ"
    images = counted(gt["images"], "image")
    if scores.all.pq is None:
        yield f"{first_upper(name)} is undefined: there are no segments on {images}."
        return
    sure = in_brackets(between(interval_at(model.intervals, kind, "all", "pq")))
    segments = counted(gt["count"], "true segment")
    groups = [
        f"{percent(own.pq)} for {group}"
        for group, own in (("things", scores.things), ("stuff", scores.stuff))
        if own.pq is not None
    ]
    parts = f": {joined(groups)}" if len(groups) > 1 else ""
    number = f"{first_upper(name)} is {percent(scores.all.pq)}{sure}"
    yield f"{number} on {images} with {segments}{parts}."
    if not model.errors.inputs["preds"]["count"]:
        what = "the only true one is" if gt["count"] == 1 else f"all {segments} are"
        yield f"There are no predicted segments: {what} missed."
        return
    yield _lost_sentence(model, kind)
    yield from _worst_sentence(model, kind)


def _lost_sentence(model: Model, kind: str) -> str:
    """How much is lost to recognition, and how much to masks."""
    name, lost = f"{prefix(kind)}PQ", model.errors.scores[kind].all
    total = 1 - (lost.pq or 0.0)
    if total < LEAST_SAID:
        return f"No {name} is lost: every segment is found, with its exact mask."
    recognition, masks = lost.recognition or 0.0, lost.kinds["segmentation"].share or 0.0
    points = f"{percent(total)} points that {name} lacks"
    if recognition < LEAST_SAID:
        return f"All of the {points} are lost to the masks of true segments: each is found."
    shares = {each: lost.kinds[each].share or 0.0 for each in RECOGNITION}
    order = sorted(
        (each for each in shares if shares[each] >= LEAST_SAID), key=lambda k: -shares[k]
    )
    said = joined([f"{ON[each]} ({percent(shares[each])})" for each in order])
    words = share_words(recognition / total)
    verb = "are" if is_several(recognition / total) else "is"
    text = f"{words} of the {points} {verb} lost in recognition, to {said}"
    if masks < LEAST_SAID:
        return f"{text}; the masks of true segments lose nothing."
    return f"{text}; the masks of true segments lose {percent(masks)}."


def _worst_sentence(model: Model, kind: str) -> Iterator[str]:
    """The categories that lose most and least, and which are taken for which."""
    scores, name, parts = model.errors.scores[kind], f"{prefix(kind)}PQ", []
    ranked = [
        Ranked(each.name, each.pq, each.tp + each.fn, _most(each))
        for each in scores.categories
        if each.pq is not None
    ]
    of = f"categories with at least {FEWEST_SEGMENTS} true segments"
    said = extremes(ranked, name, FEWEST_SEGMENTS, of)
    if said:
        parts.append(said)
    if scores.confused and scores.confused[0].count > 1:
        pair = scores.confused[0]
        parts.append(
            f"most often taken for another is {quoted(pair.category)}, for "
            f"{quoted(pair.taken_for)} ({pair.count:,} times)"
        )
    if parts:
        yield first_upper(f"{'; '.join(parts)}.")


def _most(category: CategoryLoss) -> str:
    """What a category loses most to."""
    shares = {kind: category.kinds[kind].share or 0.0 for kind in PANOPTIC_KINDS}
    worst = max(shares, key=lambda kind: shares[kind])
    return f", most to {ON[worst]}" if shares[worst] >= LEAST_SAID else ""


def _of_two(found: Gathered) -> Iterator[str]:
    """The sentences on two models."""
    a, b = found.models
    kind = found.kinds[0]
    name = f"{prefix(kind)}PQ"
    first, second = (model.errors.quality.scores[kind].all.pq for model in found.models)
    if first is None or second is None:
        why = "there are no segments, so the models cannot be compared"
        yield f"{first_upper(name)} is undefined: {why}."
        return
    names = [f"{model.letter} ({name_of(model.name)})" for model in (a, b)]
    images = a.errors.inputs["gt"]["images"]
    yield compared_sentence(found.comparison, names, name, (first, second), images)
    counts = [model.errors.quality.scores[kind].all.n for model in (a, b)]
    yield from means_over((counts[0], counts[1]), "category", "categories")
    if is_told(found.comparison) and found.differences is not None:
        own = found.differences.scores[kind].all.kinds
        said = won_and_lost({ON[each]: own[each].share for each in PANOPTIC_KINDS})
        if said:
            yield f"{said}; other kinds of errors are not shown to differ."
        else:
            yield "No single kind of error is shown to differ."
        yield from changed_categories(found.comparison, "category", "categories")
