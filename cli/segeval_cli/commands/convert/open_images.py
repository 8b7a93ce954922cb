"""`segeval convert openimages-to-coco` and `coco-to-openimages`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from segeval.errors import InputError
from segeval.words import counted
from segeval_cli.commands.convert import options as own
from segeval_cli.options import GroundTruthPath, Overwrite, Quiet, Workers, argument, output_option
from segeval_cli.output import (
    check_folder,
    check_not_lost,
    check_standard_input,
    check_target,
)
from segeval_cli.progress import say_notes, working
from segeval_cli.streams import say

WRITTEN = ("masks.csv", "boxes.csv", "labels.csv", "classes.csv", "preds.csv")
"""Files of Open Images that `coco-to-openimages` writes."""


def openimages_to_coco(
    gt: Annotated[str, argument("GT", "A CSV file of masks, or of boxes alone.")],
    *,
    output: Annotated[Path, output_option("Ground truth to write: .json.")],
    boxes: own.Boxes = None,
    labels: own.ImageLabels = None,
    preds: own.PredsFile = None,
    preds_output: own.PredsOutput = None,
    class_ids: own.ClassIds = None,
    sizes: own.ImageSizes = None,
    overwrite: Overwrite = False,
    quiet: Quiet = False,
    workers: Workers = None,
) -> None:
    """Write COCO files from the CSV files of Open Images.

    Example: segeval convert openimages-to-coco masks.csv --boxes boxes.csv -o gt.json
    """
    if (preds is None) != (preds_output is None):
        raise InputError("--preds and --preds-output must be given together.", code="option")
    check_target(output, (".json",), overwrite=overwrite)
    check_target(preds_output, (".json",), overwrite=overwrite, option="--preds-output")
    from segeval.data import open_images, save_ground_truth, save_predictions
    from segeval.data.whole_files import whole_files

    with working(f"converting {gt}", quiet=quiet):
        found = open_images.load_open_images_ground_truth(
            gt, boxes=boxes, labels=labels, workers=workers
        )
        loaded = None
        if preds is not None:
            loaded = open_images.load_open_images_predictions(preds, workers=workers)
        coco, coco_preds = open_images.open_images_to_coco(
            found,
            loaded,
            class_ids=None if class_ids is None else open_images.load_class_ids(class_ids),
            sizes=None if sizes is None else open_images.load_image_sizes(sizes),
        )
        with whole_files([output, *([preds_output] if preds_output else [])]) as staged:
            save_ground_truth(coco, staged[0])
            if coco_preds is not None:
                save_predictions(coco_preds, staged[1])
    if quiet:
        return
    say_notes([*coco.notes, *(coco_preds.notes if coco_preds is not None else ())])
    written = counted(len(coco), "annotation")
    say(f"wrote {output}: {written} in {counted(len(coco.images), 'image')}")
    if coco_preds is not None:
        say(f"wrote {preds_output}: {counted(len(coco_preds), 'prediction')}")


def coco_to_openimages(
    gt: GroundTruthPath,
    *,
    output: Annotated[
        Path,
        output_option(
            "Where to write masks.csv, boxes.csv, labels.csv, classes.csv, preds.csv.", "FOLDER"
        ),
    ],
    preds: own.CocoPreds = None,
    class_ids: own.ClassIds = None,
    overwrite: Overwrite = False,
    quiet: Quiet = False,
) -> None:
    """Write the CSV files of Open Images from COCO or LVIS files.

    Example: segeval convert coco-to-openimages gt.json --preds preds.json -o openimages
    """
    check_standard_input()
    check_folder(output, overwrite=overwrite)
    for name in WRITTEN:
        check_not_lost(output / name, overwrite=True)
    import segeval
    from segeval.data import open_images
    from segeval.data.whole_files import whole_files

    with working(f"converting {gt}", quiet=quiet):
        found = segeval.load_ground_truth(gt)
        loaded = None if preds is None else segeval.load_predictions(preds)
        ids = None if class_ids is None else open_images.load_class_ids(class_ids)
        files, notes = open_images.coco_to_open_images(found, loaded, class_ids=ids)
        output.mkdir(exist_ok=True)
        with whole_files([output / name for name in files]) as staged:
            for path, text in zip(staged, files.values(), strict=True):
                path.write_text(text, encoding="utf-8", newline="")
    if quiet:
        return
    say_notes(notes)
    say(f"wrote {', '.join(sorted(files))} into {output}")
