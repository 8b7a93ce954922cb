"""Kinds of errors of panoptic files as several sections name them."""

from __future__ import annotations

from collections.abc import Sequence

from segeval.analysis.errors.panoptic_shares import PANOPTIC_KINDS
from segeval.reports.panoptic.gathered import Gathered

TITLES = {
    "segmentation": "masks of true segments",
    "confusion": "wrong category",
    "false": "false segment",
    "missed": "missed segment",
}
"""Kinds of errors as tables and figures call them."""


def kinds_in_order(found: Gathered, kind: str) -> Sequence[str]:
    """The kinds of errors, the costliest of the last model first."""
    shares = found.models[-1].errors.scores[kind].all.kinds
    return sorted(PANOPTIC_KINDS, key=lambda each: -(shares[each].share or 0.0))
