"""Options of every command that measures what new predictions gain."""

from __future__ import annotations

from typing import Annotated

from segeval_cli.options import Panel

GAIN = Panel("Gain")

Gt = Annotated[
    str | None,
    GAIN.reading(
        "--gt GT", "Ground truth to measure the gain on; with --fit, of other images than that."
    ),
]
AllowFitOnTest = Annotated[
    bool, GAIN.option("--allow-fit-on-test", "Accept that --fit and --gt share images.")
]
