"""Kinds of errors of label maps as several sections name them."""

from __future__ import annotations

from segeval.analysis.errors.label_scores import LABEL_KINDS
from segeval.reports.label_maps.gathered import Model

LETTERS = {"boundary": "B", "extent": "E", "segment": "S"}
"""Kinds of errors at the switches of pictures."""

SHORT = {"boundary": "bnd", "extent": "ext", "segment": "seg"}
"""Kinds of errors in bars: letters could be taken for those of models."""

EXPLAINED = {
    "boundary": "near a boundary that is roughly right",
    "extent": "in a segment that the other side has a part of, but not this one",
    "segment": "in a segment that is invented or missed as a whole",
}
"""Kinds of errors in a few words."""

BY_DEFAULT = "cityscapes"
"""The rule for classes that one side lacks by which errors are meaned."""

ORDER = tuple(LABEL_KINDS)
"""Kinds from the mildest to the gravest."""


def lost_from(model: Model) -> str:
    """What the mean that errors are taken from is called, which has a rule of its own.

    Errors are meaned over the classes that occur on either side, as mean IoU is by default.
    """
    return (
        "mIoU" if model.miou.settings["absent"] == BY_DEFAULT else "mIoU of the classes that occur"
    )
