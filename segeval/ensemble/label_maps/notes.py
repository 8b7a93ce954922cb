"""What to know of a vote of label maps: where it decides nothing, and whether it helps."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from segeval.analysis.comparison.gain_notes import by_hand_note, few_images_note, gain_notes
from segeval.analysis.model_names import model_names
from segeval.ensemble.label_maps.counting import VOID_IN_MANY, Tally
from segeval.ensemble.label_maps.deciding import Decision
from segeval.ensemble.label_maps.gain import VoteGain
from segeval.ensemble.label_maps.run import Run
from segeval.errors import Note
from segeval.words import counted, signed

OF_THE_NUMBERS = ("absent", "one-class", "only-predicted", "palette", "same-files")
"""Codes of notes on an evaluation that say nothing about the label maps of one model."""


def notes_on_votes(
    run: Run, decision: Decision, tally: Tally, gain: VoteGain | None
) -> Iterator[Note]:
    """What to know of a result.

    Args:
        run: what was read.
        decision: how votes counted.
        tally: what they came to.
        gain: what that gains; None if it was not measured.
    """
    yield from _on_models(run, decision)
    yield from _on_labels(decision, tally)
    yield from _on_weights(run, decision, tally)
    yield from _on_truth(run)
    if run.judge is None:
        return
    if gain is None:
        yield few_images_note(len(run.judge.files))
        return
    best = Path(gain.best).name
    yield from gain_notes(
        gain.over_best, against=f" against {best} alone", instead=f"Keep {best}", number="mIoU"
    )
    if gain.over_best.verdict.value != "better" and tally.mistakes is not None:
        reason = tally.mistakes.reason(run.maps.names.index(gain.best), best)
        if reason is not None:
            yield Note("why-no-gain", reason, 1)
    more = gain.over_vote
    if more is not None and more.difference is not None and more.verdict.value != "better":
        yield Note(
            "no-gain-of-weights",
            f"weights are not shown to help: {signed(more.difference)} mIoU against equal votes",
            1,
            option="strategy",
        )
    if decision.weighting.weights is not None or decision.stated is not None:
        yield by_hand_note()


def _on_models(run: Run, decision: Decision) -> Iterator[Note]:
    """What looks wrong in the label maps of a model beside ground truth."""
    results = () if decision.evidence is None else decision.evidence.results
    for name, result in zip(run.maps.names, results, strict=False):
        for note in result.notes:
            if note.code not in OF_THE_NUMBERS:
                message = note.message.removeprefix(f"{name}: ")
                yield replace(note, message=f"{name}: {message}")


def _on_truth(run: Run) -> Iterator[Note]:
    """A note on images without ground truth, where there is one folder of it."""
    if run.judge is None or run.judge is not run.first_truth:
        return
    images = len(run.maps.keys)
    without = images - len(run.judge.files)
    if without:
        has = "have" if without > 1 else "has"
        means = "get what the others decide" if run.fit is not None else "are not judged"
        yield Note(
            "no-ground-truth",
            f"{without:,} of {counted(images, 'image')} {has} no label map in "
            f"{run.judge.source}: such images {means}",
            without,
        )


def _on_labels(decision: Decision, tally: Tally) -> Iterator[Note]:
    """Notes on palettes, and on a label that is often void."""
    if tally.palettes:
        files = counted(tally.palettes, "file has", "files have")
        yield Note(
            "palette",
            f"{files} a palette: the indices are taken as labels, and written without the colours",
            tally.palettes,
        )
    if tally.has_255 and decision.classes is None and VOID_IN_MANY not in decision.void:
        yield Note(
            "label-255",
            f"the label {VOID_IN_MANY} votes like any other. If it stands for pixels without a "
            f"class: `ignore={VOID_IN_MANY}`",
            1,
            option="ignore",
        )


def _on_weights(run: Run, decision: Decision, tally: Tally) -> Iterator[Note]:
    """Notes on models that all agree, on one that decides alone, and on ties."""
    names = model_names(run.maps.names)
    if not tally.differing:
        yield Note(
            "models-alike",
            "the models agree on every pixel: did each write label maps of its own?",
            len(names),
        )
        return
    weights = decision.weights()
    if weights.ndim == 2:
        return
    first = int(np.argmax(weights))
    if weights[first] > weights.sum() - weights[first]:
        yield Note(
            "one-decides",
            f"{names[first]} counts more than all others together, so that every pixel gets its "
            "label, unless that is void",
            1,
            option="weights",
        )
    elif len(names) == 2:
        yield Note(
            "ties",
            f"the two models count the same: on {counted(tally.ties, 'pixel')} the smaller of two "
            "labels won. A third model, or weights, would decide",
            tally.ties,
            option="weights",
        )
