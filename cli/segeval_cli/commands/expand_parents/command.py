"""`segeval expand-parents`: predictions for all classes above theirs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from segeval_cli.ap_options import Boxes, ImageLabels
from segeval_cli.gain_options import GAIN
from segeval_cli.options import Iou, Panel
from segeval_cli.prediction_files import AnyPredictionFile, AnyPreds
from segeval_cli.rewriting import Rewriting
from segeval_cli.unfolding import unfolded

if TYPE_CHECKING:
    from segeval.ensemble.hierarchy.expanding import Expanded

FILES = Panel("Classes")
HOW = Panel("Rows of classes above")

Hierarchy = Annotated[
    Path, FILES.reading("--hierarchy JSON", "Tree of the classes, as Open Images has it.")
]
ClassIds = Annotated[
    Path | None,
    FILES.reading(
        "--classes CSV",
        "For COCO's format with numbers as ids: the evaluated classes, columns id and LabelName.",
    ),
]
IouKind = Annotated[
    Iou | None,
    HOW.option(
        "--iou",
        "What overlaps are measured by. Default: segm if every prediction has a mask, else bbox.",
    ),
]
IouThreshold = Annotated[
    float,
    HOW.option(
        "--iou-threshold IOU", "Overlap above which rows of a class above are one object.",
        show_default=True,
    ),
]  # fmt: skip
Combine = Annotated[
    Literal["max", "any"],
    HOW.option(
        "--combine", "Score of such an object: the best, or the chance that any is true.",
        show_default=True,
    ),
]  # fmt: skip
MaxDets = Annotated[
    int, HOW.option("--max-dets N", "Best rows of an image; 0 for all.", min=0, show_default=True)
]
CutAt = Annotated[
    Literal["leaf", "all"],
    HOW.option(
        "--cut", "What --max-dets counts: predictions, whose copies follow, or all rows.",
        show_default=True,
    ),
]  # fmt: skip
Gt = Annotated[
    str | None,
    GAIN.reading("--gt GT", "Ground truth in the format of PREDS, to measure the gain on."),
]


@unfolded
def expand_parents(
    preds: AnyPreds,
    *,
    hierarchy: Hierarchy,
    class_ids: ClassIds = None,
    iou: IouKind = None,
    iou_threshold: IouThreshold = 0.5,
    combine: Combine = "max",
    max_dets: MaxDets = 0,
    cut: CutAt = "leaf",
    gt: Gt = None,
    boxes: Boxes = None,
    labels: ImageLabels = None,
    output: AnyPredictionFile = None,
    how: Rewriting,
) -> None:
    """Copy predictions to all classes above theirs: a cat is an animal too.

    Where several copies in a class are one object, the best stays. Open Images
    evaluates all classes of its tree.

    Example: segeval expand-parents preds.csv --hierarchy hierarchy.json -o out.csv
    """

    def expanded() -> Expanded:
        from segeval.data.open_images import load_class_ids
        from segeval.ensemble.hierarchy.expanding import expand_parents as expand

        return expand(
            preds, hierarchy, class_ids=None if class_ids is None else load_class_ids(class_ids),
            iou=None if iou is None else iou.value, iou_threshold=iou_threshold, combine=combine,
            max_dets=max_dets, cut=cut, gt=gt, boxes=boxes, labels=labels, seed=how.seed,
            workers=how.workers,
        )  # fmt: skip

    files = {
        "preds": preds, "hierarchy": hierarchy, "gt": gt, "boxes": boxes, "labels": labels,
        "classes": class_ids,
    }  # fmt: skip
    how.run(expanded, output, files, work="expanding", takes_csv=True)
