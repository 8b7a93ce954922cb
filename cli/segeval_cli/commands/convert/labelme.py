"""`segeval convert labelme-to-coco`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from segeval_cli.commands.convert import options as own
from segeval_cli.commands.convert.written import write_ground_truth
from segeval_cli.options import Overwrite, Quiet, argument, output_option
from segeval_cli.output import check_target
from segeval_cli.progress import working


def labelme_to_coco(
    folder: Annotated[str, argument("FOLDER", "A folder of labelme's .json files.")],
    *,
    output: Annotated[Path, output_option("Ground truth to write: .json.")],
    skip_unknown: own.SkipUnknown = False,
    boxes_as_masks: own.BoxesAsMasks = False,
    overwrite: Overwrite = False,
    quiet: Quiet = False,
) -> None:
    """Write COCO ground truth from the files of labelme: polygons, masks, rectangles as boxes.

    Example: segeval convert labelme-to-coco labels -o gt.json
    """
    check_target(output, (".json",), overwrite=overwrite)
    from segeval.data.labelme.to_coco import labelme_to_coco as convert

    with working(f"converting {folder}", quiet=quiet):
        found = convert(folder, skip_unknown=skip_unknown, boxes_as_masks=boxes_as_masks)
    write_ground_truth(found, output, quiet=quiet)
