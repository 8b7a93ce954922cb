"""Label maps with labels between those of their neighbours, as interpolation makes them."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from segeval.checks.label_agreement import LabelAgreement
from segeval.data.label_maps.moved_labels import blended_side
from segeval.findings import Finding

ALL_RIGHT = 0.999
"""With at least this share of right pixels, no label can be blended at many borders."""


def blended_labels(run: LabelAgreement) -> Iterator[Finding]:
    """Label maps of one side that were resized with interpolation, judged by some images."""
    if not run.total or run.right.sum() >= ALL_RIGHT * run.total:
        return
    borders = run.sample.borders()
    side = blended_side(borders)
    if side:
        own = 0 if side == "preds" else 1
        share = borders[:, 0] / np.maximum(borders[:, 1], 1)
        yield Finding(
            "warn",
            "labels",
            f"labels lie between those of their neighbours at {100 * share[own]:.0f} % of the "
            f"borders, at {100 * share[1 - own]:.0f} % in the other label maps",
            count=int(borders[own, 0]),
            path=(run.preds, run.gt)[own],
            hint="Resized with interpolation? Label maps are resized by nearest neighbour.",
            code="blended-labels",
        )
