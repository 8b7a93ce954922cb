"""Section 1: PQ, SQ and RQ, and three sentences made from them."""

from __future__ import annotations

from collections.abc import Iterator

from segeval.analysis.errors.pair import Pair, change_of, is_said
from segeval.analysis.errors.panoptic_difference_tables import ON
from segeval.analysis.errors.panoptic_shares import GROUPS, PANOPTIC_KINDS, CategoryLoss
from segeval.metrics.kinds import prefix
from segeval.reports.compared import changed_errors, quoted
from segeval.reports.extremes import Ranked, extremes
from segeval.reports.panoptic.gathered import Gathered, Model
from segeval.reports.verdict import (
    MainNumber,
    Number,
    VerdictSection,
    all_missed,
    verdict_of,
)
from segeval.reports.wording import LEAST_SAID, first_upper, is_several, share_words
from segeval.words import counted, joined, percent

FEWEST_SEGMENTS = 10
"""True segments of a category that is named in a sentence, if there are others with as many."""

RECOGNITION = ("confusion", "false", "missed")
"""Kinds of errors that recognition quality lacks."""


def verdict_section(found: Gathered) -> VerdictSection:
    """The numbers and sentences of one model, or of two."""
    model, kind = found.first, found.kinds[0]
    scores = [each.errors.quality.scores[kind] for each in found.models]
    images = model.errors.inputs["gt"]["images"]
    main = MainNumber(
        name=f"{prefix(kind)}PQ",
        path=(kind, "all", "pq"),
        values=tuple(own.all.pq for own in scores),
        images=images,
        undefined=(
            f"no segment counts on {counted(images, 'image')}",
            "no segment counts, so the models cannot be compared",
        ),
        categories=tuple(own.all.n for own in scores),
    )
    return verdict_of(
        found,
        main,
        _numbers(found),
        about=_about(model, kind),
        losses=_losses(model, kind),
        changes=_changes(found, kind),
    )


def _numbers(found: Gathered) -> Iterator[Number]:
    """PQ, SQ and RQ of all, things and stuff, by every kind of IoU."""
    for kind in found.kinds:
        for group in GROUPS:
            own = [getattr(model.errors.quality.scores[kind], group) for model in found.models]
            if group != "all" and not any(each.n for each in own):
                continue
            of_group = "" if group == "all" else f" of {group}"
            for key in ("pq", "sq", "rq"):
                yield Number(
                    f"{prefix(kind)}{key.upper()}{of_group}",
                    (kind, group, key),
                    tuple(getattr(each, key) for each in own),
                    is_main=(group, key) == ("all", "pq"),
                )


def _about(model: Model, kind: str) -> str:
    """How many segments there are, and PQ of things and stuff."""
    scores = model.errors.quality.scores[kind]
    segments = counted(model.errors.inputs["gt"]["count"], "true segment")
    groups = [
        f"{percent(own.pq)} for {group}"
        for group, own in (("things", scores.things), ("stuff", scores.stuff))
        if own.pq is not None
    ]
    return f" with {segments}{f': {joined(groups)}' if len(groups) > 1 else ''}"


def _losses(model: Model, kind: str) -> Iterator[str]:
    """What one model loses, and in which categories."""
    nothing = _nothing_found(model)
    if nothing:
        yield nothing
        return
    yield _lost_sentence(model, kind)
    yield from _worst_sentence(model, kind)


def _nothing_found(model: Model) -> str:
    """That there are no predictions; "" where there are."""
    inputs = model.errors.inputs
    if inputs["preds"]["count"]:
        return ""
    return all_missed(inputs["gt"]["count"], "true segment", "predicted segments", model.letter)


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


def _changes(found: Gathered, kind: str) -> Iterator[str]:
    """What the second model wins and loses, by kind of error; they add up to the change of PQ.

    A model without predictions loses nothing by its masks: that is all there is to say.
    """
    nothing = [each for each in map(_nothing_found, found.models) if each]
    if nothing:
        yield from nothing
    elif found.differences is not None:
        own = found.differences.scores[kind].all.kinds
        said = changed_errors({ON[each]: own[each].share for each in PANOPTIC_KINDS})
        yield f"{said}{_by_quality(found, kind, own['segmentation'].share)}"


def _by_quality(found: Gathered, kind: str, masks: Pair) -> str:
    """That SQ speaks against what masks are said to win or lose; "" where it does not.

    Masks win where fewer segments are found too, and lose where more are.
    """
    a, b = (model.errors.quality.scores[kind].all.sq for model in found.models)
    if a is None or b is None or not is_said(masks):
        return ""
    has_won = change_of(masks) < 0
    if (b > a) if has_won else (b < a):
        return ""
    better = "better" if has_won else "worse"
    return (
        f" By SQ, {percent(b)} against {percent(a)}, masks are no {better}: they count where "
        "segments are found."
    )
