"""Options of every command whose intervals come from images drawn anew."""

from __future__ import annotations

from typing import Annotated

from segeval_cli.options import RUNNING

Resamples = Annotated[
    int, RUNNING.option("--resamples N", "Bootstrap replicates of the images.", show_default=True)
]
Seed = Annotated[int, RUNNING.option("--seed S", "Seed of all draws of images.", show_default=True)]
