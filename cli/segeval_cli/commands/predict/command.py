"""`segeval predict`: predictions of a model for images."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from segeval.errors import InputError, Note
from segeval.words import counted
from segeval_cli.commands.predict import options as own
from segeval_cli.commands.predict.files import check_output, label_maps, left_over, results
from segeval_cli.commands.predict.photos import photos_of, with_boxes
from segeval_cli.commands.predict.report import Report, Tally
from segeval_cli.needs import need_torch
from segeval_cli.options import Amp, Device, Json, Overwrite, Quiet
from segeval_cli.output import emit_json
from segeval_cli.progress import say_notes, working
from segeval_cli.streams import emit
from segeval_cli.tables import terminal_width
from segeval_cli.values import check_fraction

if TYPE_CHECKING:
    from segeval.models.categories import Categories
    from segeval.models.files.model_file import Loaded
    from segeval.models.predict.options import PredictionOptions
    from segeval.models.predict.photo_queue import Photo
    from segeval.models.predict.predictor import Predicted

LARGE_PHOTO = "Image size .* exceeds limit"
"""Pillow's warning above 90 million pixels; above twice that it refuses an image."""


def predict(
    images: own.Images,
    *,
    weights: own.Weights,
    output: own.Target,
    overwrite: Overwrite = False,
    folder: own.Folder = None,
    boxes: own.Boxes = None,
    config: own.ConfigName = None,
    score: own.Score = None,
    max_dets: own.MaxDets = None,
    flip: own.Flip = None,
    scales: own.Scales = None,
    views: own.Views = "all",
    merge: own.Merge = None,
    skip_broken: own.SkipBroken = False,
    device: Device = "auto",
    amp: Amp = None,
    batch: own.BatchSize = None,
    workers: own.Readers = 2,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Find objects in images with a model, or label every pixel.

    Image ids come from the COCO file. Without one they are 1, 2, ... in the
    order of the paths; a file .images.json beside the predictions lists them.

    Example: segeval predict images/ --weights best.safetensors -o preds.json
    """
    check_fraction(score, "--score", "a score")
    own.check_boxes(boxes, merge)
    sides = own.parse_scales(scales)
    need_torch()
    with working(f"reading {weights}", quiet=quiet):
        from segeval.models.categories import categories_of_model
        from segeval.models.devices import device_of
        from segeval.models.files.model_file import load
        from segeval.models.predict.limits import limits_of
        from segeval.models.predict.options import PredictionOptions

        on_device = device_of(device)
        photos, listed, notes = photos_of(images, folder, skip_broken=skip_broken)
        loaded = load(weights, config=config)
    semantic = loaded.config.task == "semantic"
    check_output(output, images, semantic=semantic, listed=listed, overwrite=overwrite)
    _limit_objects(loaded, score, max_dets, semantic=semantic)
    categories, about_categories = categories_of_model(
        loaded.categories, loaded.config.classes, listed, weights=str(weights), semantic=semantic
    )
    photos, about_boxes = with_boxes(photos, boxes, categories, loaded)
    options = PredictionOptions.of(
        loaded.config.input,
        device=str(on_device),
        amp=amp,
        batch=batch,
        flip=flip,
        scales=sides,
        merge=merge,
        views=views,
        skip_broken=skip_broken,
        workers=workers,
    )
    begin = time.perf_counter()
    files = partial(label_maps, replaces=overwrite) if semantic else results
    with ExitStack() as stack:
        stack.enter_context(warnings.catch_warnings())
        warnings.filterwarnings("ignore", message=LARGE_PHOTO)
        advance = stack.enter_context(working(f"predicting {output}", quiet=quiet, rate="images"))
        add, written = stack.enter_context(files(output, photos, listed, categories))
        tally = _run(loaded, photos, categories, options, add, advance, quiet=quiet)
    limits = limits_of(loaded.model)
    report = Report(
        weights=weights,
        boxes=boxes,
        semantic=semantic,
        settings={"model": loaded.config.name, **vars(options), **limits},
        tally=tally,
        written=written,
        notes=(
            *notes,
            *_about_weights(weights, loaded),
            *about_categories,
            *about_boxes,
            *_about(tally, limits),
            *_about_scores(output, loaded, merged=options.merge != ""),
            *(_on_left_over(output, left_over(output, photos)) if semantic else ()),
        ),
        seconds=time.perf_counter() - begin,
    )
    if json:
        emit_json(report.to_dict(), is_kept=True)
    else:
        emit(report.text(terminal_width(), with_notes=not quiet), is_kept=True)


def _about(tally: Tally, limits: Mapping[str, Any]) -> tuple[Note, ...]:
    """Notes on the predictions."""
    notes: tuple[Note, ...] = ()
    if tally.broken:
        were = "was" if tally.broken == 1 else "were"
        text = f"{counted(tally.broken, 'image')} could not be read and {were} left out"
        notes += (Note("broken-image", text, tally.broken),)
    if "score" in limits and tally.images and not tally.objects:
        text = f"no object has a score above {limits['score']:g}; --score sets another limit"
        notes += (Note("nothing-found", text),)
    return notes


def _about_scores(output: Path, loaded: Loaded, *, merged: bool) -> tuple[Note, ...]:
    """A note on scores that rank masks, not boxes."""
    if loaded.config.scoring.kind == "none":
        return ()
    text = "a score is the probability of the class times the predicted IoU of the mask"
    if not merged:
        text += (
            f"; for AP of boxes, rank them by the probability alone: segeval ap {output} GT "
            "--iou bbox --score-field box_score"
        )
    return (Note("mask-scores", text),)


def _on_left_over(output: Path, others: Sequence[Path]) -> tuple[Note, ...]:
    """A note on label maps of other images beside those that were written."""
    if not others:
        return ()
    stay = counted(
        len(others), "label map of another image stays", "label maps of other images stay"
    )
    text = f"{output}/: {stay} there, first {others[0].relative_to(output)}"
    return (Note("left-over", text, len(others)),)


def _limit_objects(
    loaded: Loaded, score: float | None, max_dets: int | None, *, semantic: bool
) -> None:
    """Tell the model which objects to keep."""
    from segeval.models.predict.limits import set_limits

    if semantic and (score is not None or max_dets is not None):
        option = "--score" if score is not None else "--max-dets"
        raise InputError(f"{option} is for objects; this model gives label maps.", code="option")
    set_limits(loaded.model, score=score, max_dets=max_dets)


def _run(
    loaded: Loaded,
    photos: Sequence[Photo],
    categories: Categories,
    options: PredictionOptions,
    add: Callable[[Predicted], int],
    advance: Callable[[int, int], None],
    *,
    quiet: bool,
) -> Tally:
    """Predict all images, write the predictions, and count them."""
    from segeval.models.predict.predictor import predict as predicted_by

    tally = Tally()

    def on_note(note: Note) -> None:
        tally.broken += note.code == "broken-image"
        if not quiet:
            say_notes([note])

    for predicted in predicted_by(
        loaded.model,
        photos,
        loaded.config.input,
        category_ids=[number for number, _ in categories],
        semantic=loaded.config.task == "semantic",
        options=options,
        on_note=on_note,
    ):
        tally.objects += add(predicted)
        tally.images += 1
        advance(tally.images + tally.broken, len(photos))
    return tally


def _about_weights(weights: Path, loaded: Loaded) -> tuple[Note, ...]:
    """Notes on the file of weights."""
    unused = loaded.report.unexpected
    if not unused:
        return ()
    message = f"{weights}: {counted(len(unused), 'entry', 'entries')} not used, first {unused[0]}"
    return (Note("weights", message, len(unused)),)
