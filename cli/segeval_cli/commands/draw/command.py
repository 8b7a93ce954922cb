"""`segeval draw`: predictions on photographs, a picture per image or one sheet."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import replace

from segeval.words import counted
from segeval_cli.commands.draw import options as own
from segeval_cli.memory import give_back_blocks
from segeval_cli.options import Overwrite, Quiet, Workers
from segeval_cli.output import check_folder, check_target
from segeval_cli.progress import say_notes, working
from segeval_cli.streams import say
from segeval_cli.tables import terminal_width
from segeval_cli.values import parse_names

ON_A_SHEET = 480
"""Pixels of the longest side of a picture on a sheet."""


def draw(
    preds: own.Preds,
    gt: own.GroundTruthPath = None,
    *,
    images: own.Photographs,
    image: own.Chosen = [],  # noqa: B006
    min_score: own.MinScore = 0.5,
    max_dets: own.MaxDets = 100,
    output: own.Output,
    form: own.Format = "jpg",
    top: own.Top = 24,
    columns: own.Columns = 4,
    longest: own.Longest = None,
    labels: own.Labels = True,
    overwrite: Overwrite = False,
    quiet: Quiet = False,
    workers: Workers = None,
) -> None:
    """Draw predictions on photographs: a picture per image, or one sheet to look at.

    Each prediction has the colour of its category; better ones are on top.

    Example: segeval draw preds.json gt.json --images val2017 -o drawn
    """
    from segeval.data.pictures.encoding import PICTURES

    is_sheet = bool(output.suffix) and not output.is_dir()
    if is_sheet:
        check_target(output, tuple(PICTURES), overwrite=overwrite)
    else:
        check_folder(output, overwrite=overwrite)
    give_back_blocks()
    from segeval.analysis.files_in_order import ground_truth_last
    from segeval.data.coco.read_ground_truth import load_ground_truth
    from segeval.data.coco.read_predictions import load_predictions
    from segeval.pictures.drawn import DrawStyle, gallery

    right = f"segeval draw {gt} {preds} --images {images} -o {output}"
    swapped = ground_truth_last([preds], gt, lambda *_: right)
    with working(f"reading {preds}", quiet=quiet), nullcontext() if gt is None else swapped:
        truth = None if gt is None else load_ground_truth(gt)
        predicted = load_predictions(preds, workers=workers)
    shown = gallery(predicted, images, truth, images=parse_names(image, "--image"))
    style = DrawStyle(min_score=min_score, most=max_dets, labels=labels)
    if is_sheet or longest is not None:
        style = replace(style, longest=longest or ON_A_SHEET)
    with working("drawing", quiet=quiet, rate="images") as advance:
        if is_sheet:
            from segeval_cli.commands.draw.writing import write_sheet

            written = write_sheet(
                shown.first(top), style, output, columns, workers=workers, on_progress=advance
            )
        else:
            from segeval_cli.commands.draw.writing import write_folder

            written = write_folder(shown, style, output, form, workers=workers, on_progress=advance)
    if quiet:
        return
    say_notes(written.notes, terminal_width())
    if shown.missing:
        say(f"note: {images} lacks the photographs of {counted(shown.missing, 'image')}, left out")
    rest = f" of {len(shown):,}" if written.pictures < len(shown) else ""
    say(
        f"wrote {output}: {counted(written.pictures, 'image')}{rest}, "
        f"{counted(written.objects, 'prediction')} of a score from {min_score:g}"
    )
