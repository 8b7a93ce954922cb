"""`segeval convert yolo-to-coco`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from segeval.errors import InputError
from segeval_cli.commands.convert import options as own
from segeval_cli.commands.convert.written import write_both
from segeval_cli.options import FILES, Overwrite, Quiet, argument, output_option
from segeval_cli.output import check_target
from segeval_cli.progress import working

Images = Annotated[Path, FILES.reading("--images DIR", "The images, whose sizes are needed.")]
Names = Annotated[
    Path, FILES.reading("--names FILE", "Names of the classes: data.yaml, or one name per line.")
]
PredsOfYolo = Annotated[
    Path | None,
    FILES.reading("--preds DIR", "Predictions to convert too: lines that end in a confidence."),
]


def yolo_to_coco(
    labels: Annotated[str, argument("LABELS", "A folder of YOLO's .txt files.")],
    *,
    images: Images,
    names: Names,
    output: Annotated[Path, output_option("Ground truth to write: .json.")],
    preds: PredsOfYolo = None,
    preds_output: own.PredsOutput = None,
    skip_unknown: own.SkipUnknown = False,
    boxes_as_masks: own.BoxesAsMasks = False,
    overwrite: Overwrite = False,
    quiet: Quiet = False,
) -> None:
    """Write COCO files from the text files of YOLO: polygons, or boxes, in fractions of the image.

    Example: segeval convert yolo-to-coco labels --images images --names data.yaml -o gt.json
    """
    if (preds is None) != (preds_output is None):
        raise InputError("--preds and --preds-output must be given together.", code="option")
    check_target(output, (".json",), overwrite=overwrite)
    check_target(preds_output, (".json",), overwrite=overwrite, option="--preds-output")
    from segeval.data.yolo.to_coco import yolo_to_coco as convert

    with working(f"converting {labels}", quiet=quiet):
        found = convert(
            labels,
            images,
            names,
            preds,
            skip_unknown=skip_unknown,
            boxes_as_masks=boxes_as_masks,
        )
    write_both(found.gt, output, found.preds, preds_output, quiet=quiet)
