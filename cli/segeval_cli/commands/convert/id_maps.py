"""`segeval convert idmaps-to-coco` and `coco-to-idmaps`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from segeval.errors import InputError
from segeval.words import counted
from segeval_cli.commands.convert import options as own
from segeval_cli.options import (
    FILES,
    GroundTruthPath,
    Overwrite,
    Quiet,
    Workers,
    argument,
    output_option,
)
from segeval_cli.output import check_folder, check_standard_input, check_target
from segeval_cli.progress import say_notes, working
from segeval_cli.streams import say

MapsOfPreds = Annotated[
    Path | None, FILES.reading("--preds FOLDER", "Id maps of predictions to convert too.")
]
Scores = Annotated[
    Path | None,
    FILES.reading("--scores CSV", "Scores of the predictions: columns image, id and score."),
]
PredsInPlace = Annotated[
    str | None,
    FILES.reading("--preds FILE", "Predictions to write in place of the objects: .json."),
]


def idmaps_to_coco(
    gt: Annotated[str, argument("GT", "A folder of id maps: .png, .npy or .tif; or one file.")],
    *,
    output: Annotated[Path, output_option("Ground truth to write: .json.")],
    preds: MapsOfPreds = None,
    preds_output: own.PredsOutput = None,
    scores: Scores = None,
    overwrite: Overwrite = False,
    quiet: Quiet = False,
    workers: Workers = None,
) -> None:
    """Write COCO files from folders of id maps, in which every number but 0 is one object.

    Example: segeval convert idmaps-to-coco gt --preds preds --preds-output preds.json -o gt.json
    """
    if (preds is None) != (preds_output is None):
        raise InputError("--preds and --preds-output must be given together.", code="option")
    check_target(output, (".json",), overwrite=overwrite)
    check_target(preds_output, (".json",), overwrite=overwrite, option="--preds-output")
    from segeval.data import save_ground_truth, save_predictions
    from segeval.data.id_maps.to_coco import id_maps_to_coco
    from segeval.data.whole_files import whole_files

    with working(f"converting {gt}", quiet=quiet) as advance:
        found = id_maps_to_coco(gt, preds, scores=scores, workers=workers, on_progress=advance)
        with whole_files([output, *([preds_output] if preds_output else [])]) as staged:
            save_ground_truth(found.gt, staged[0])
            if found.preds is not None:
                save_predictions(found.preds, staged[1])
    if quiet:
        return
    say_notes([*found.gt.notes, *(found.preds.notes if found.preds is not None else ())])
    written = counted(len(found.gt), "annotation")
    say(f"wrote {output}: {written} in {counted(len(found.gt.images), 'image')}")
    if found.preds is not None:
        say(f"wrote {preds_output}: {counted(len(found.preds), 'prediction')}")


def coco_to_idmaps(
    gt: GroundTruthPath,
    *,
    output: Annotated[Path, output_option("Where to write a .png of each image.", "FOLDER")],
    preds: PredsInPlace = None,
    overwrite: Overwrite = False,
    quiet: Quiet = False,
    workers: Workers = None,
) -> None:
    """Write a folder of id maps from COCO or LVIS files: the objects, or predictions.

    Example: segeval convert coco-to-idmaps gt.json -o gt
    """
    check_standard_input()
    check_folder(output, overwrite=overwrite)
    import segeval
    from segeval.data.id_maps.write import coco_to_id_maps

    with working(f"converting {gt}", quiet=quiet) as advance:
        truth = segeval.load_ground_truth(gt)
        loaded = None if preds is None else segeval.load_predictions(preds, workers=workers)
        found = coco_to_id_maps(
            truth, output, preds=loaded, overwrite=overwrite, workers=workers, on_progress=advance
        )
    if not quiet:
        say_notes(found.notes)
        written = f"{counted(found.objects, 'object')} in {counted(found.images, 'image')}"
        say(f"wrote {output}: {written}")
