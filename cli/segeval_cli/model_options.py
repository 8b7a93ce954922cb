"""Options of the commands that run a model."""

from __future__ import annotations

from typing import Annotated, Literal

from segeval_cli.options import RUNNING, value_option

Device = Annotated[
    str, value_option("--device", "NAME", "auto (a GPU if there is one), cpu or cuda.", RUNNING)
]
Amp = Annotated[
    Literal["bf16", "fp16"] | None,
    value_option("--amp", None, "Compute mostly in 16 bits.", RUNNING),
]
