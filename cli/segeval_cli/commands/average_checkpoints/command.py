"""`segeval average-checkpoints`: one file of weights from several of one model."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from segeval.errors import InputError
from segeval_cli.options import OUTPUT, Json, Panel, Quiet, argument
from segeval_cli.output import check_standard_input
from segeval_cli.progress import working
from segeval_cli.results import Output
from segeval_cli.streams import say

HOW = Panel("How to average")

Files = Annotated[
    list[str],
    argument(
        "A B [C ...]",
        "Weights of one model: .safetensors, .npz, or .pth and .pt of PyTorch; for --ema in the "
        "order of training.",
    ),
]
Ema = Annotated[
    float | None,
    HOW.option(
        "--ema DECAY",
        "Exponential moving average in place of the mean: each file joins with 1 - DECAY.",
    ),
]
Ramp = Annotated[
    bool,
    HOW.option(
        "--ramp", "With --ema: the t-th file joins with at least 9 / (10 + t), to forget the first."
    ),
]
NewWeights = Annotated[
    Path | None,
    OUTPUT.option(
        "--output -o FILE",
        "File of weights to write: .safetensors, .npz, .pth or .pt. It must not exist.",
    ),
]


def average_checkpoints(
    files: Files,
    *,
    decay: Ema = None,
    ramp: Ramp = False,
    output: NewWeights = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """One file of weights from several of one model.

    The mean of the last epochs often predicts better than the last one, and costs
    no time when predicting. No code in the files runs; weights that exist are
    never replaced.

    Example: segeval average-checkpoints epoch9.safetensors epoch10.safetensors -o mean.safetensors
    """
    check_standard_input()
    if output is None:
        raise InputError(
            "nothing says where to write the weights, expected -o with a file: mean.safetensors",
            code="option",
            option="output",
        )
    if ramp and decay is None:
        raise InputError("--ramp is for --ema DECAY.", code="option", option="ramp")
    inputs = {f"file_{place}": path for place, path in enumerate(files, 1)}
    out = Output(inputs=inputs, number="weights", json=json, quiet=quiet)
    with working(f"averaging {', '.join(files)}", quiet=quiet):
        from segeval.models import average_checkpoints, ema_of_checkpoints

        if decay is None:
            found = average_checkpoints(files, output)
        else:
            found = ema_of_checkpoints(files, output, decay, ramp=ramp)
    out.show(found)
    if not quiet:
        say(f"wrote {output}")
