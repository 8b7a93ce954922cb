"""Options of `segeval predict` alone."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from segeval.errors import InputError
from segeval_cli.options import OUTPUT, RUNNING, Panel, argument, readers_option
from segeval_cli.values import refused, whole_number

MODEL = Panel("Model")
IMAGES = Panel("Images")

LONGEST_SIDE = 10_000
"""Longest short side of a view; more is a typing error that would take all memory."""

Images = Annotated[
    list[str],
    argument(
        "IMAGES...", "Files or folders (with their subfolders), or one COCO file with --images."
    ),
]
Weights = Annotated[Path, MODEL.reading("--weights FILE", "Weights: .safetensors, .pth or .pkl.")]
ConfigName = Annotated[
    str | None,
    MODEL.reading(
        "--config NAME", "Preset or .toml file of the model. Default: as stored with the weights."
    ),
]
Folder = Annotated[
    Path | None, IMAGES.reading("--images DIR", "Folder of the images that the COCO file lists.")
]
Score = Annotated[
    float | None,
    MODEL.option(
        "--score S", "Lowest score of an object. Default: the model's, 0.05 as published."
    ),
]
MaxDets = Annotated[
    int | None,
    MODEL.option(
        "--max-dets N",
        "Keep the best N objects of each image. Default: the model's, 100 as published.",
        min=1,
    ),
]
Flip = Annotated[
    bool | None,
    MODEL.option("--flip/--no-flip", "Average with the mirrored image. Default: the model's."),
]
Scales = Annotated[
    str | None,
    MODEL.option(
        "--scales PX,PX,...",
        "Average over further short sides; 0 for none. Default: the model's.",
    ),
]
Views = Annotated[
    Literal["all", "masks"],
    MODEL.option(
        "--views",
        "With --flip or --scales, average boxes, scores and masks over the views (all), or masks "
        "in the boxes of the plain image (masks).",
    ),
]
Merge = Annotated[
    Literal["nms", "soft-nms", "wbf", "nmw", "vote"] | None,
    MODEL.option(
        "--merge",
        "Let each view find objects by itself and merge them, as segeval ensemble does. Default: "
        "the model's.",
    ),
]
Boxes = Annotated[
    Path | None,
    IMAGES.reading(
        "--boxes FILE",
        "Boxes to move (a model with detector.kind=regressor), to draw masks in (crops), or to "
        "look at in place of proposals: a file of predictions.",
    ),
]
Target = Annotated[
    Path,
    OUTPUT.option("--output -o PATH", "Objects: a .json or .jsonl file. Label maps: a new folder."),
]
SkipBroken = Annotated[
    bool, IMAGES.option("--skip-broken", "Leave out images that are missing or cannot be read.")
]
BatchSize = Annotated[
    int | None,
    RUNNING.option(
        "--batch N",
        "Images per batch; the predictions stay the same. Default: 8 on a GPU, else 1.",
        min=1,
    ),
]
Readers = Annotated[int, readers_option(1)]


def check_boxes(boxes: Path | None, merge: str | None) -> None:
    """Refuse to merge what views find where boxes are given."""
    if boxes is not None and merge is not None:
        raise InputError(
            f"--merge {merge} is for objects that each view finds by itself; with --boxes they are "
            "given, and masks are averaged over the views. Leave out one of them.",
            code="option",
        )


def parse_scales(text: str | None) -> tuple[int, ...] | None:
    """Short sides in pixels; () for 0, None for None."""
    if text is None:
        return None
    parts = [part.strip() for part in text.split(",")]
    given = [number for number in map(whole_number, parts) if number is not None]
    if len(given) < len(parts) or (0 in given and len(given) > 1):
        expected = "expected short sides in pixels, such as 640,960, or 0 for none."
        raise refused("--scales", text, expected)
    sides = tuple(filter(None, given))
    if max(sides, default=0) > LONGEST_SIDE:
        expected = f"expected short sides of at most {LONGEST_SIDE:,} pixels."
        raise refused("--scales", text, expected)
    return sides
