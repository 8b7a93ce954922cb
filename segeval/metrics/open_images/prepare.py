"""The judged predictions and ground truth: classes, expansion, verified labels."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from segeval.data.open_images import ClassTree, OpenImagesGroundTruth, OpenImagesPredictions
from segeval.errors import MismatchError, Note
from segeval.findings import refusal
from segeval.frozen import frozen
from segeval.metrics.open_images.hierarchy import expanded
from segeval.metrics.open_images.matching import BOX, BOX_GROUP, MASK, MASK_GROUP
from segeval.words import counted, size_text


@frozen(eq=False)
class ExpandedRows:
    """Ground truth and predictions, expanded, with common numbers for images and classes.

    Attributes:
        classes: K names, ascending: every label that the ground truth has after expansion.
        gt_row: row of each object in the ground truth, int64, shape (M,).
        gt_class: number of its class, int64, shape (M,).
        pred_row: row of each prediction in the file, int64, shape (N,).
        pred_image: number of its image in the ground truth, int64, shape (N,).
        pred_class: number of its class, int64, shape (N,).
        verified: image * K + class of every verified label, int64, ascending.
        nowhere: number of predictions whose class is in the tree but never in the ground truth.
    """

    classes: tuple[str, ...]
    gt_row: NDArray[np.int64]
    gt_class: NDArray[np.int64]
    pred_row: NDArray[np.int64]
    pred_image: NDArray[np.int64]
    pred_class: NDArray[np.int64]
    verified: NDArray[np.int64]
    nowhere: int


@frozen(eq=False)
class JudgedRows:
    """Objects and predictions that one kind of IoU compares, by image, class and rank.

    Attributes:
        kind: "segm" or "bbox".
        classes: K names.
        images: number of images.
        gt: rows in the ground truth, by image, class and coordinates, int64, shape (G,).
        gt_image: number of the image, int64, shape (G,).
        gt_class: number of the class, int64, shape (G,).
        gt_kinds: stage of the matching, int8, shape (G,).
        preds: rows in the predictions, by image, class and falling score, int64, shape (P,).
        pred_image: number of the image, int64, shape (P,).
        pred_class: number of the class, int64, shape (P,).
    """

    kind: str
    classes: tuple[str, ...]
    images: int
    gt: NDArray[np.int64]
    gt_image: NDArray[np.int64]
    gt_class: NDArray[np.int64]
    gt_kinds: NDArray[np.int8]
    preds: NDArray[np.int64]
    pred_image: NDArray[np.int64]
    pred_class: NDArray[np.int64]


def expanded_rows(
    preds: OpenImagesPredictions,
    gt: OpenImagesGroundTruth,
    tree: ClassTree | None,
    *,
    expand_predictions: bool,
    skip_unknown: bool,
) -> tuple[ExpandedRows, list[Note]]:
    """Rows expanded along the tree, with common numbers for images and classes; and notes.

    Args:
        preds: predictions.
        gt: ground truth.
        tree: tree of the classes; None expands nothing.
        expand_predictions: expand predictions as well.
        skip_unknown: drop predictions of unknown classes, and count them.

    Returns:
        The rows, and notes on dropped predictions.

    Raises:
        MismatchError: for labels that the tree or the ground truth lacks, and if no image of the
            predictions is known.
    """
    above = {} if tree is None else tree.ancestors
    below = {} if tree is None else tree.descendants
    if tree is not None:
        _require_known(gt, tree)
    present = np.concatenate([gt.label, gt.verified_label[gt.verified_present]])
    absent = gt.verified_label[~gt.verified_present]
    implied = [
        (name, *others.get(name, ()))
        for codes, others in ((present, above), (absent, below))
        for name in (gt.labels[code] for code in np.unique(codes))
    ]
    classes = tuple(sorted(set().union(*implied)))
    numbers = {name: number for number, name in enumerate(classes)}
    gt_row, gt_class = expanded(gt.label, gt.labels, above, numbers)
    verified = []
    for flags, others in ((gt.verified_present, above), (~gt.verified_present, below)):
        rows, found = expanded(gt.verified_label[flags], gt.labels, others, numbers)
        verified.append(gt.verified_image[flags][rows] * len(classes) + found)
    notes = _check_classes(preds, numbers, tree, skip_unknown=skip_unknown)
    # a prediction of a class that the ground truth never mentions is verified nowhere
    all_numbers = {name: numbers.get(name, -1) for name in (*preds.labels, *above, *numbers)}
    pred_row, pred_class = expanded(
        preds.label, preds.labels, above if expand_predictions else {}, all_numbers
    )
    images, more = _common_images(preds, gt)
    image = images[preds.image[pred_row]]
    known = (image >= 0) & (pred_class >= 0)
    rows_of_both = ExpandedRows(
        classes,
        gt_row,
        gt_class,
        pred_row[known],
        image[known],
        pred_class[known],
        np.unique(np.concatenate(verified)),
        nowhere=0 if tree is None else int(((image >= 0) & (pred_class < 0)).sum()),
    )
    return rows_of_both, notes + more


def judged_rows(
    both: ExpandedRows,
    preds: OpenImagesPredictions,
    gt: OpenImagesGroundTruth,
    kind: str,
) -> tuple[JudgedRows, list[Note]]:
    """The objects and predictions of one kind of IoU, sorted; and notes.

    Args:
        both: rows of both files.
        preds: predictions.
        gt: ground truth.
        kind: "segm" or "bbox".

    Returns:
        The rows, and notes on predictions that are not judged.
    """
    number = len(both.classes)
    counts = np.ones(len(gt), bool) if kind == "segm" else gt.has_box
    rows, classes = (column[counts[both.gt_row]] for column in (both.gt_row, both.gt_class))
    group = gt.is_group_of[rows]
    sides = gt.boxes_xyxy[rows]
    # the official tool's join sorts objects by XMin, XMax, YMin, YMax; of equal IoU the first wins
    order = np.lexsort(
        (rows, group, sides[:, 3], sides[:, 1], sides[:, 2], sides[:, 0], classes, gt.image[rows])
    )
    rows, classes, group = rows[order], classes[order], group[order]
    has_mask = gt.mask[rows] >= 0 if kind == "segm" else np.zeros(len(rows), bool)
    kinds = np.where(has_mask, np.where(group, MASK_GROUP, MASK), np.where(group, BOX_GROUP, BOX))
    cells = np.union1d(both.verified, gt.image[rows] * number + classes)
    own = both.pred_image * number + both.pred_class
    judged = np.isin(own, cells)
    dropped = int((~judged).sum()) + both.nowhere
    notes: list[Note] = []
    if dropped:
        message = (
            f"{counted(dropped, 'prediction is', 'predictions are')} of a class not verified in "
            "the image: not judged"
        )
        notes.append(Note("not-verified", message, dropped))
    own, pred_row = own[judged], both.pred_row[judged]
    # a stable sort, then reversed: of equal scores the later line comes first
    order = np.lexsort((-pred_row, -preds.score[pred_row], own))
    sorted_rows = JudgedRows(
        kind=kind,
        classes=both.classes,
        images=len(gt.image_ids),
        gt=rows,
        gt_image=gt.image[rows],
        gt_class=classes,
        gt_kinds=kinds.astype(np.int8),
        preds=pred_row[order],
        pred_image=own[order] // number,
        pred_class=own[order] % number,
    )
    return sorted_rows, notes


def check_sizes(
    judged: JudgedRows, preds: OpenImagesPredictions, gt: OpenImagesGroundTruth
) -> None:
    """Refuse masks of one image that differ in size.

    Raises:
        MismatchError: for the first prediction whose size differs from its image's ground truth or
            other predictions.
    """
    if preds.masks is None:
        return
    sizes = np.full((judged.images, 2), -1, np.int32)
    sizes[judged.pred_image[::-1]] = preds.masks.sizes[judged.preds[::-1]]
    with_mask = judged.gt_kinds <= MASK_GROUP
    rows = gt.mask[judged.gt[with_mask]]
    sizes[judged.gt_image[with_mask]] = gt.masks.sizes[rows]
    for name, own, image in (
        ("ground truth", gt.masks.sizes[rows], judged.gt_image[with_mask]),
        ("prediction", preds.masks.sizes[judged.preds], judged.pred_image),
    ):
        bad = np.flatnonzero((own != sizes[image]).any(axis=1))
        if len(bad):
            first = int(bad[0])
            raise refusal(
                preds.source,
                f"image {gt.image_ids[image[first]]}: a mask of the {name} is "
                f"{size_text(own[first])} pixels (height x width), others of the image are "
                f"{size_text(sizes[image[first]])}, expected one size",
                code="mask-size",
                count=len(bad),
                error=MismatchError,
                hint="Resize the predictions to the size of the ground truth.",
            )


def _require_known(gt: OpenImagesGroundTruth, tree: ClassTree) -> None:
    """Refuse labels of the ground truth that the tree lacks."""
    unknown = [name for name in gt.labels if name not in tree.ancestors]
    if unknown:
        raise refusal(
            gt.source,
            f"the label {unknown[0]!r} is not in {tree.source}",
            code="unknown-class",
            count=len(unknown),
            field="LabelName",
            error=MismatchError,
            hint="Is it the tree of this set?",
        )


def _check_classes(
    preds: OpenImagesPredictions,
    numbers: dict[str, int],
    tree: ClassTree | None,
    *,
    skip_unknown: bool,
) -> list[Note]:
    """Refuse or note unknown labels of predictions."""
    known = numbers.keys() | (set() if tree is None else tree.ancestors.keys())
    unknown = np.array([name not in known for name in preds.labels], bool)
    rows = np.flatnonzero(unknown[preds.label])
    if not len(rows):
        return []
    label = preds.labels[preds.label[rows[0]]]
    places = "the ground truth" + (f" or {tree.source}" if tree is not None else "")
    if (tree is not None and not skip_unknown) or unknown.all():
        raise refusal(
            preds.source,
            f"prediction #{rows[0]}: LabelName is {label!r}, which is not in {places} (such as "
            f"{next(iter(sorted(known)), 'none')!r})",
            code="unknown-class",
            rows=rows,
            field="LabelName",
            hint="" if unknown.all() else "`skip_unknown=True` drops and counts them.",
            option=None if unknown.all() else "skip_unknown",
            error=MismatchError,
        )
    message = (
        f"{counted(len(rows), 'prediction has', 'predictions have')} a label that is not in "
        f"{places}, such as {label!r}, and {'is' if len(rows) == 1 else 'are'} dropped"
    )
    return [Note("unknown-class", message, len(rows))]


def _common_images(
    preds: OpenImagesPredictions, gt: OpenImagesGroundTruth
) -> tuple[NDArray[np.int64], list[Note]]:
    """The number in the ground truth of every image, -1 for unknown ones; and a note on these."""
    found = preds.images_among(gt.image_ids)
    unknown = found < 0
    rows = np.flatnonzero(unknown[preds.image])
    if not len(rows):
        return found, []
    name = preds.image_ids[preds.image[rows[0]]]
    if unknown.all():
        raise refusal(
            preds.source,
            f"no image is in the ground truth: ImageID is {name!r} here and {gt.image_ids[0]!r} "
            "there. Are both of the same set?",
            code="unknown-image",
            rows=int(rows[0]),
            field="ImageID",
            told=len(rows),
            error=MismatchError,
        )
    message = (
        f"{counted(len(rows), 'prediction')} of {counted(int(unknown.sum()), 'image')} without "
        f"ground truth, such as {name!r}, dropped, as in the official tool"
    )
    return found, [Note("unknown-image", message, len(rows))]
