"""The options of `segeval predict` that no other command has."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from segeval_cli.options import OUTPUT, RUNNING, WHAT, argument, flag_option, value_option

Images = Annotated[
    list[str],
    argument("IMAGES...", "Files, folders (with subfolders), or a COCO file with --images."),
]
Weights = Annotated[
    Path, value_option("--weights", "FILE", "Weights: .safetensors, .pth or .pkl.", WHAT)
]
ConfigName = Annotated[
    str | None,
    value_option(
        "--config",
        "NAME",
        "Preset or .toml of the model. Default: what the weights say.",
        WHAT,
    ),
]
Folder = Annotated[
    Path | None, value_option("--images", "DIR", "Folder of the images of a COCO file.", WHAT)
]
Score = Annotated[
    float | None,
    value_option(
        "--score", "S", "Least score of an object. Default: the model's, 0.05 as published.", WHAT
    ),
]
MaxDets = Annotated[
    int | None,
    value_option(
        "--max-dets",
        "N",
        "Best objects of an image. Default: the model's, 100 as published.",
        WHAT,
        min=1,
    ),
]
Flip = Annotated[
    bool | None,
    typer.Option(
        "--flip/--no-flip",
        help="Average masks with those of the mirrored image. Default: the model's.",
        rich_help_panel=WHAT,
        show_default=False,
    ),
]
Scales = Annotated[
    str | None,
    value_option(
        "--scales",
        "PX,PX,...",
        "More short sides, whose masks are averaged; 0 is none. Default: the model's.",
        WHAT,
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
    bool, flag_option("--skip-broken", "Leave out images that cannot be read.", RUNNING)
]
Device = Annotated[
    str, value_option("--device", "NAME", "auto (a GPU if there is one), cpu or cuda.", RUNNING)
]
Amp = Annotated[bool, flag_option("--amp", "Most of the work in 16 bits.", RUNNING)]
BatchSize = Annotated[
    int | None,
    value_option(
        "--batch",
        "N",
        "Images at a time; what is found does not depend on it. Default: 8 on a GPU, else 1.",
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
