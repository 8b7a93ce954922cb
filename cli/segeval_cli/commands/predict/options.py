"""Options of `segeval predict` alone."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from segeval.errors import InputError
from segeval_cli.options import OUTPUT, RUNNING, argument, flag_option, value_option

MODEL = "Model"
IMAGES = "Images"

LONGEST_SIDE = 10_000
"""Longest short side of a view; more is a typing error that would take all memory."""

Images = Annotated[
    list[str],
    argument(
        "IMAGES...", "Files or folders (with their subfolders), or one COCO file with --images."
    ),
]
Weights = Annotated[
    Path, value_option("--weights", "FILE", "Weights: .safetensors, .pth or .pkl.", MODEL)
]
ConfigName = Annotated[
    str | None,
    value_option(
        "--config",
        "NAME",
        "Preset or .toml file of the model. Default: as stored with the weights.",
        MODEL,
    ),
]
Folder = Annotated[
    Path | None,
    value_option("--images", "DIR", "Folder of the images that the COCO file lists.", IMAGES),
]
Score = Annotated[
    float | None,
    value_option(
        "--score", "S", "Lowest score of an object. Default: the model's, 0.05 as published.", MODEL
    ),
]
MaxDets = Annotated[
    int | None,
    value_option(
        "--max-dets",
        "N",
        "Keep the best N objects of each image. Default: the model's, 100 as published.",
        MODEL,
        min=1,
    ),
]
Flip = Annotated[
    bool | None,
    typer.Option(
        "--flip/--no-flip",
        help="Average masks with those of the mirrored image. Default: the model's.",
        rich_help_panel=MODEL,
        show_default=False,
    ),
]
Scales = Annotated[
    str | None,
    value_option(
        "--scales",
        "PX,PX,...",
        "Average masks over further short sides; 0 for none. Default: the model's.",
        MODEL,
    ),
]
Target = Annotated[
    Path,
    typer.Option(
        "--output",
        "-o",
        metavar="PATH",
        help="Objects: a .json or .jsonl file. Label maps: a new folder.",
        rich_help_panel=OUTPUT,
        show_default=False,
    ),
]
SkipBroken = Annotated[
    bool,
    flag_option("--skip-broken", "Leave out images that are missing or cannot be read.", IMAGES),
]
BatchSize = Annotated[
    int | None,
    value_option(
        "--batch",
        "N",
        "Images per batch; the predictions stay the same. Default: 8 on a GPU, else 1.",
        RUNNING,
        min=1,
    ),
]
Readers = Annotated[
    int,
    typer.Option(
        "--workers",
        "-j",
        metavar="N",
        min=1,
        help="Threads that read images.",
        rich_help_panel=RUNNING,
    ),
]


def parse_scales(text: str | None) -> tuple[int, ...] | None:
    """Short sides in pixels; () for 0, None for None."""
    if text is None:
        return None
    parts = [part.strip() for part in text.split(",")]
    if not all(part.isdecimal() for part in parts) or ("0" in parts and len(parts) > 1):
        raise InputError(
            f"--scales {text}: expected short sides in pixels, such as 640,960, or 0 for none.",
            code="scales",
        )
    sides = tuple(int(part) for part in parts if int(part))
    if max(sides, default=0) > LONGEST_SIDE:
        raise InputError(
            f"--scales {text}: expected short sides of at most {LONGEST_SIDE:,} pixels.",
            code="scales",
        )
    return sides
