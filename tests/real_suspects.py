"""Label suspects on stored sets, against those that pycocotools finds prediction by prediction."""

from __future__ import annotations

import contextlib
import io
import json
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from pycocotools.coco import COCO

from segeval.analysis import label_suspects
from tests.slow_suspects import missing_of, shared_of, unfound_of


def checks(folder: Path) -> Iterator[tuple[str, Callable[[], str | None]]]:
    """Names, and what finds a difference to tell of.

    Args:
        folder: holds data/coco_tiny.
    """
    own = folder / "data" / "coco_tiny"
    if own.is_dir():
        yield "coco_tiny: label suspects of two models", partial(of_two_models, own)


def of_two_models(folder: Path) -> str | None:
    """What differs: suspects of both models, and which of them are of the same object."""
    paths = [folder / f"yolov8n_{side}_segm.json" for side in (320, 256)]
    gt = folder / "instances_val.json"
    found = label_suspects(*paths, gt)
    with contextlib.redirect_stdout(io.StringIO()):
        known = COCO(str(gt))
    a, b = (json.loads(path.read_text(encoding="utf-8")) for path in paths)
    missing = (
        missing_of(a, known, found.least_scores[0]),
        missing_of(b, known, found.least_scores[1]),
    )
    shared = {one.predictions for one in found.missing if one.agreement is not None}
    if shared != shared_of(a, b, missing):
        return "other suspects are shared than pycocotools says"
    for place, own in enumerate(missing):
        listed = {one.predictions[place] for one in found.missing} - {None}
        if listed != set(own):
            return f"model {place + 1} has {len(listed)} suspects, {len(own)} by pycocotools"
    if {one.annotation_id for one in found.unfound} != unfound_of([a, b], known):
        return "other objects are unfound than pycocotools says"
    return None
