"""`segeval convert voc-to-coco`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from segeval_cli.commands.convert import options as own
from segeval_cli.commands.convert.written import write_ground_truth
from segeval_cli.options import WHICH, Overwrite, Quiet, argument, output_option
from segeval_cli.output import check_target
from segeval_cli.progress import working

FromZero = Annotated[
    bool,
    WHICH.option("--from-zero", "Coordinates are edges counted from 0, not pixels from 1."),
]


def voc_to_coco(
    folder: Annotated[
        str, argument("FOLDER", "Holds SegmentationObject and SegmentationClass, or Annotations.")
    ],
    *,
    output: Annotated[Path, output_option("Ground truth to write: .json.")],
    from_zero: FromZero = False,
    boxes_as_masks: own.BoxesAsMasks = False,
    overwrite: Overwrite = False,
    quiet: Quiet = False,
) -> None:
    """Write COCO ground truth from a folder of Pascal VOC: masks of pictures, or boxes of XML.

    Example: segeval convert voc-to-coco VOC2012 -o gt.json
    """
    check_target(output, (".json",), overwrite=overwrite)
    from segeval.data.voc.to_coco import voc_to_coco as convert

    with working(f"converting {folder}", quiet=quiet):
        found = convert(folder, from_zero=from_zero, boxes_as_masks=boxes_as_masks)
    write_ground_truth(found, output, quiet=quiet)
