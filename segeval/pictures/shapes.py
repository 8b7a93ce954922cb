"""What one model sees in an image: true and false predictions, and objects found or missed."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from segeval.analysis.image_errors import ImageErrors
from segeval.data import GroundTruth
from segeval.data.segmentations import Format
from segeval.frozen import frozen
from segeval.masks import RunLengths, boxes
from segeval.metrics.coco.average_precision import Evaluation
from segeval.metrics.coco.matches import Matches
from segeval.pictures.outlines import Lines, box_outline, mask_outlines

Part = Literal["T", "F", "N", "", "V", "P", "A"]
"""True, false, not found; "" for ground truth that was found, "V" for void and crowd regions; of
label suspects "P" for a prediction and "A" for an annotation in doubt."""


@frozen(eq=False)
class Shape:
    """One prediction or object of an image.

    Attributes:
        part: what it is.
        lines: its outline, in pixels of the image.
        name: of its category.
        score: of a prediction, None for ground truth.
        row: in the `Predictions`, or for ground truth in the `GroundTruth`.
        mask: one mask, None where boxes are compared or there is none.
        about: what there is to say of it behind its name; "" for nothing.
    """

    part: Part
    lines: Lines
    name: str
    score: float | None = None
    row: int = -1
    mask: RunLengths | None = None
    about: str = ""


@frozen(eq=False)
class Seen:
    """The predictions of one model, and what is wrong with them.

    Attributes:
        name: of the model; "" if there is one alone.
        evaluation: of both files.
        errors: of its matches.
    """

    name: str
    evaluation: Evaluation
    errors: ImageErrors

    @property
    def matches(self) -> Matches:
        """The predictions matched to the ground truth."""
        return self.evaluation.matches


def image_shapes(seen: Seen, place: int) -> tuple[Shape, ...]:
    """What is in one image: objects found, then missed ones, true and false predictions.

    Predictions of objects that do not count (crowds, ignored ones) are left out.

    Args:
        seen: the predictions of one model.
        place: of the image in `Matches.image_ids`.

    Example:
        >>> from segeval.data.synthetic import furniture
        >>> from segeval.metrics.coco.arguments import Arguments
        >>> from segeval.pictures import seen_image
        >>> scene = furniture(images=8)
        >>> seen, place = seen_image(scene.weaker, scene.ground_truth, Arguments(thresholds=0.5), 3)
        >>> sorted({shape.part for shape in image_shapes(seen, place)})
        ['', 'F', 'N', 'T']
    """
    gt, matches, errors = seen.evaluation.gt, seen.matches, seen.errors
    names = matches.category_names
    objects = np.flatnonzero((matches.gt_image == place) & matches.gt_counted[0])
    shapes = []
    for each, (lines, mask) in zip(
        objects.tolist(), _outlines_of_gt(gt, matches, objects), strict=True
    ):
        part: Part = "N" if errors.is_missed[each] else ""
        name, row = names[matches.gt_category[each]], int(matches.gt[each])
        shapes.append(Shape(part, lines, name, row=row, mask=mask))
    shapes.sort(key=lambda shape: shape.part)
    is_true = (errors.object >= 0) & ~errors.is_false
    is_true[is_true] = matches.gt_counted[0][errors.object[is_true]]
    category = matches.category
    for chosen, is_right in ((is_true, True), (errors.is_false, False)):
        rows = np.flatnonzero(chosen & (matches.image == place))
        for row, (lines, mask) in zip(rows.tolist(), _outlines_of_preds(seen, rows), strict=True):
            name, score = names[category[row]], float(matches.score[row])
            part = "T" if is_right else "F"
            shapes.append(Shape(part, lines, name, score, int(matches.prediction[row]), mask))
    return tuple(shapes)


Outlined = tuple[Lines, RunLengths | None]


def _outlines_of_gt(gt: GroundTruth, matches: Matches, places: NDArray[np.intp]) -> list[Outlined]:
    """Outlines of some ground truths, as they were compared, and their masks."""
    rows = matches.gt[places]
    if matches.request.iou == "bbox":
        return [(box_outline(gt.boxes[row]), None) for row in rows.tolist()]
    masks = gt.segmentations.take(rows).run_lengths(gt.mask_sizes[rows], gt, rows=rows)
    return _with_masks(masks)


def _outlines_of_preds(seen: Seen, places: NDArray[np.intp]) -> list[Outlined]:
    """Outlines of some predictions as they were compared, or boxes where there are no masks."""
    preds, gt, matches = seen.evaluation.preds, seen.evaluation.gt, seen.matches
    rows = matches.prediction[places]
    has_mask = preds.segmentations.format[rows] != Format.NONE
    sizes = gt.images.sizes_of(preds.image_id[rows])
    masks = preds.segmentations.take(rows).run_lengths(np.maximum(sizes, 0), preds, rows=rows)
    own = preds.boxes[rows]
    if matches.request.iou == "bbox":
        around = np.where(preds.has_box[rows, None], own, boxes(masks))
        return [(box_outline(box), None) for box in around]
    return [
        outlined if has_mask[k] else (box_outline(own[k]), None)
        for k, outlined in enumerate(_with_masks(masks))
    ]


def _with_masks(masks: RunLengths) -> list[Outlined]:
    """The outlines of masks, each beside its mask."""
    return [(lines, masks.take(np.array([row]))) for row, lines in enumerate(mask_outlines(masks))]
