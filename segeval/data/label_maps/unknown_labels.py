"""Labels that are no class of a run: what they probably are, judged by both sides."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from segeval.data.cityscapes.labels import EVALUATED, LABELS, TRAIN_VOID, frame_of
from segeval.data.label_maps.classes import (
    CITYSCAPES,
    CITYSCAPES_TRAIN,
    OTHERS,
    LabelClasses,
    runs_text,
)
from segeval.data.label_maps.moved_labels import MovedLabels
from segeval.data.label_maps.pairs import LabelPair
from segeval.data.label_maps.read import index_map
from segeval.errors import InputError
from segeval.findings import Finding
from segeval.words import joined, more_like_it

LOOKED_AT = 20
"""Images that are read again to see which labels both sides have."""

MASK_VALUES = (0, 255)
"""Values of a mask of one object that is saved as a picture."""

FEW = 6
"""Most labels that are written out as a list of classes."""

TRAIN_IDS = frozenset((*range(len(EVALUATED)), TRAIN_VOID))
"""Values of pixels in Cityscapes' train ids."""


TO_TRAIN_IDS = f'Train ids (0..18, 255)? Write label ids, or use `classes="{CITYSCAPES_TRAIN}"`.'


OWN_CLASSES = "Does `classes` fit?"

IGNORE_OTHERS = f"If every other id means that a pixel is not labelled: `ignore='{OTHERS}'`."


class Seen(NamedTuple):
    """The labels that occur; `preds` is None where there are only labels of ground truth.

    `moved` tells whether those of the predictions fit once they are moved.
    """

    gt: frozenset[int]
    preds: frozenset[int] | None = None
    moved: MovedLabels | None = None

    @property
    def are_train_ids(self) -> bool:
        """Whether the predictions are Cityscapes' train ids, and the ground truth its label ids."""
        return self.preds is not None and self.preds <= TRAIN_IDS and not self.gt <= TRAIN_IDS


def labels_seen(pairs: Sequence[LabelPair]) -> Seen:
    """The labels of both sides in the first images that can be read."""
    found: tuple[set[int], set[int]] = (set(), set())
    moved = MovedLabels()
    for pair in pairs[:LOOKED_AT]:
        try:
            pred, gt, _ = pair.load()
        except InputError:  # reported for the file itself
            continue
        for labels, own in ((gt, found[0]), (pred, found[1])):
            own |= labels_of(labels)
        moved.add(pred, gt)
    return Seen(frozenset(found[0]), frozenset(found[1]), moved)


def labels_of(labels: NDArray[Any]) -> frozenset[int]:
    """The distinct labels of a map, uint8 or uint16, shape (H, W)."""
    return frozenset(np.flatnonzero(np.bincount(labels.ravel())).tolist())


def unknown_label(
    labels: NDArray[Any], name: str, classes: LabelClasses, *, is_gt: bool, seen: Seen | None
) -> Finding:
    """Ids of a label map that are not classes.

    Args:
        labels: uint8 or uint16, shape (H, W), with at least one such id.
        name: name of the file.
        classes: classes of the run.
        is_gt: whether it is ground truth.
        seen: labels of both sides, for the likely cause; None without ground truth.
    """
    wrong = np.argwhere(index_map(labels, classes.table(labels.dtype.type)) == len(classes) + 1)
    row, column = (int(place) for place in wrong[0])
    unknown = np.unique(labels[tuple(wrong.T)]).tolist()
    if seen is None:
        are_train_ids = classes.is_cityscapes and labels_of(labels) <= TRAIN_IDS
        hint = TO_TRAIN_IDS if are_train_ids else f"{OWN_CLASSES} {IGNORE_OTHERS}"
    elif is_gt:
        hint = _hint_on_gt(unknown, name, classes, seen)
    else:
        hint = _hint_on_preds(unknown, name, classes, seen)
    return Finding(
        "error",
        "labels",
        f"pixel at row {row}, column {column} has the label {int(labels[row, column])}, expected "
        f"{classes.known} (classes: {classes.source}).{more_like_it(len(wrong))}",
        count=len(wrong),
        path=name,
        hint=hint,
        code="unknown-label",
        option="classes",
    )


def _hint_on_gt(unknown: list[int], name: str, classes: LabelClasses, seen: Seen) -> str:
    """The likely mistake where ground truth has these labels beside the classes."""
    preds = seen.preds or frozenset()
    if classes.is_cityscapes and seen.gt <= TRAIN_IDS:
        return TO_TRAIN_IDS
    if not classes.is_cityscapes and _are_label_ids(unknown, name, seen):
        return f'These look like Cityscapes label ids: `classes="{CITYSCAPES}"`.'
    if seen.gt == {*MASK_VALUES} and preds == {0, 1}:
        return (
            "The ground truth holds 0 and 255, the predictions 0 and 1. If both mean the same "
            "object, write 1 for 255."
        )
    shared = _moved(seen, is_gt=True) or _hint_on_both(unknown, classes, seen)
    if shared:
        return shared
    if len(unknown) == 1:
        return f"If such pixels are not labelled, ignore them: `ignore={unknown[0]}`."
    return f"It has {runs_text(unknown)} beside the classes. {OWN_CLASSES} {IGNORE_OTHERS}"


def _hint_on_preds(unknown: list[int], name: str, classes: LabelClasses, seen: Seen) -> str:
    """The likely mistake where predictions have these labels beside the classes."""
    preds = seen.preds or frozenset(unknown)
    same_ids = f"Predictions must have the ids of the ground truth, which has {runs_text(seen.gt)}."
    if classes.is_cityscapes and preds <= TRAIN_IDS:
        return TO_TRAIN_IDS
    if not classes.is_cityscapes and _are_label_ids(unknown, name, Seen(preds, preds)):
        return f"These look like Cityscapes label ids. {same_ids}"
    if preds == {*MASK_VALUES} and seen.gt == {0, 1}:
        return f"{same_ids} Write 1 for 255."
    return _moved(seen, is_gt=False) or _hint_on_both(unknown, classes, seen) or same_ids


def _moved(seen: Seen, *, is_gt: bool) -> str:
    """What is known of labels that fit once they are moved; "" if they do not."""
    return "" if seen.moved is None else seen.moved.hint(is_gt=is_gt)


def _hint_on_both(unknown: list[int], classes: LabelClasses, seen: Seen) -> str:
    """The hint where labels that are no class occur on both sides, so that they may be classes."""
    both = sorted((seen.gt | (seen.preds or frozenset())) - {*classes.ignored})
    if both == [*MASK_VALUES] and max(both) in seen.gt:
        return (
            "The label maps hold only 0 and 255. If these are two classes, name them: "
            f"`classes='{_listed(both)}'`."
        )
    if seen.preds is None or not set(unknown) <= seen.gt & seen.preds or len(both) > FEW:
        return ""
    return (
        f"Both sides have {joined([str(label) for label in unknown])}. If that is right, list all "
        f"classes: `classes='{_listed(both)}'`. Pixels that are not labelled can be ignored "
        "(`ignore`)."
    )


def _are_label_ids(unknown: list[int], name: str, seen: Seen) -> bool:
    """Whether all labels fit Cityscapes' label ids, and no others are likelier.

    Predictions never have the ids that are not evaluated between the classes. Without the name of
    one of Cityscapes' files, several ids beside the classes are asked for.
    """
    evaluated = {label.id for label in EVALUATED}
    outside = {label.id for label in LABELS if label.id < min(evaluated)}
    if seen.gt <= TRAIN_IDS or not seen.gt <= {label.id for label in LABELS}:
        return False
    judged = seen.gt if seen.preds is None else seen.preds
    if frame_of(Path(name)) is not None:
        return judged <= evaluated | outside
    return len(unknown) > 1 and {*unknown, *judged} <= evaluated | {0}


def _listed(labels: Sequence[int]) -> str:
    """These labels as a list of classes for `classes`."""
    names = (
        ["background", "object"] if [*labels] == [*MASK_VALUES] else [f"name{i}" for i in labels]
    )
    return ",".join(f"{label}={name}" for label, name in zip(labels, names, strict=True))
