"""Mistakes in label maps: instances without a class, and predictions that are not evaluated."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.checks.label_agreement import LabelAgreement
from segeval.data.cityscapes.labels import (
    FIRST_INSTANCE,
    INSTANCE_CLASSES,
    LABELS,
    TRAIN_FILE,
    TRAIN_VOID,
    label_of,
)
from segeval.data.label_maps.classes import CITYSCAPES_TRAIN, LabelClasses, runs_text
from segeval.data.label_maps.unknown_labels import TO_TRAIN_IDS, TRAIN_IDS, Seen
from segeval.errors import MismatchError
from segeval.findings import Finding

NEARLY_ALL = 0.95
"""Least share of ignored labels among the evaluated pixels that makes the numbers meaningless."""

FIRST_TRAIN_IDS = frozenset({0, 1, 2})
"""Train ids of road, pavement and building, which every street has."""

LABELS_SHOWN = 3
"""Most labels named in the message."""

MASKS = (frozenset({0}), frozenset({1}), frozenset({0, 1}), frozenset({0, 255}))
"""Labels that a mask of one object holds."""


def unknown_instances(path: Path, ids: NDArray[np.integer[Any]]) -> Iterator[Finding]:
    """Instances whose label has no instances.

    Args:
        path: path of the file of instances.
        ids: its distinct ids, ascending; ids that are only labels are skipped.
    """
    found = ids[ids > FIRST_INSTANCE]  # as the official tool does, although 1000 would be one too
    labels = label_of(found)
    known = [*INSTANCE_CLASSES, *(label.id for label in LABELS if label.ignored)]
    wrong = np.flatnonzero(~np.isin(labels, known))
    if len(wrong):
        yield Finding(
            "error",
            "instances",
            f"instance {found[wrong[0]]} is of the label {labels[wrong[0]]}, which has no "
            f"instances; expected {FIRST_INSTANCE} times the label id, plus a number",
            count=1,
            path=str(path),
            code="instance-label",
        )


def ignored_predictions(run: LabelAgreement) -> Iterator[Finding]:
    """Predictions at least 95 % of which are labels that are not evaluated."""
    classes = run.classes
    if not run.total or run.ignored < NEARLY_ALL * run.total:
        return
    seen = run.sample.predicted()
    labels = [label for label in np.argsort(-seen, kind="stable").tolist() if seen[label]]
    wrong = [str(label) for label in labels if label not in classes.ids][:LABELS_SHOWN]
    yield Finding(
        "error",
        "ignored labels",
        f"{100 * run.ignored / run.total:.1f} % of the evaluated pixels are predicted as labels "
        f"that are not evaluated (most often {', '.join(wrong)}), expected "
        f"{runs_text(classes.ids)} (classes: {classes.source})",
        count=run.ignored,
        path=run.preds,
        hint=likely_cause(run.sample.seen(), classes),
        code="ignored-predictions",
        error=MismatchError,
    )


def train_ids_of_ground_truth(run: LabelAgreement) -> Iterator[Finding]:
    """Ground truth in Cityscapes' train ids that is evaluated by label ids."""
    classes = run.classes
    beyond = np.array(classes.ids) > max(TRAIN_IDS - {TRAIN_VOID})
    if not classes.is_cityscapes or not run.total or run.pixels[beyond].any():
        return
    seen = run.sample.seen()
    if FIRST_TRAIN_IDS <= seen.gt <= TRAIN_IDS:
        yield Finding(
            "warn",
            "labels",
            f"the ground truth has only the labels {runs_text(seen.gt)}, of which "
            f"{len(seen.gt & {*classes.ids})} are evaluated",
            count=run.total,
            path=run.gt,
            hint=TO_TRAIN_IDS,
            code="train-ids",
            option="classes",
        )


def likely_cause(seen: Seen, classes: LabelClasses) -> str:
    """What predictions of ignored labels probably are, by the labels of both sides; the remedy."""
    causes = []
    if classes.is_cityscapes and seen.are_train_ids:
        causes.append(
            "Are these train ids? Convert them to label ids, or use "
            f"`classes='{CITYSCAPES_TRAIN}'` with ground truth *{TRAIN_FILE}."
        )
    if seen.preds in MASKS and seen.gt not in MASKS:
        causes.append(
            "Are these masks of one object? A label map has the id of a class in every pixel."
        )
    if causes:
        return " ".join(causes)
    return (
        f"The predictions have the ids {runs_text(seen.preds or ())}, the ground truth "
        f"{runs_text(seen.gt)}; expected the same ids for the same classes."
    )
