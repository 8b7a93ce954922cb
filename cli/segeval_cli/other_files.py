"""Files that a figure cannot be drawn from, and what draws them."""

from __future__ import annotations

from collections.abc import Sequence

from segeval.errors import InputError

LABEL_MAPS = "label maps"
"""The kind of files that some of these figures take as well."""

DRAWN_BY = {
    LABEL_MAPS: (
        "objects with scores, which label maps do not have",
        (
            "segeval plot categories, compare, errors, confusion and trimap draw label maps, and "
            "segeval miou --per image lists the worst images"
        ),
    ),
    "Cityscapes' lists of masks": (
        "matches by COCO's rules",
        "segeval plot categories and compare draw Cityscapes' instances",
    ),
    "a CSV file of Open Images": (
        "matches by COCO's rules",
        (
            "segeval plot categories and compare draw it as it is, and segeval convert "
            "openimages-to-coco makes a COCO file of it"
        ),
    ),
}
"""What a figure needs that files of a kind do not have, and what draws them."""


def refuse_parts(files: Sequence[str]) -> None:
    """Refuse part files where a figure needs more than they hold.

    Raises:
        InputError: for one of them.
    """
    from segeval.metrics.parts.beginning import is_part

    for path in files:
        if is_part(path):
            raise InputError(
                f"{path}: is a part file, which holds matches alone. This figure needs the files "
                "of predictions and of ground truth. segeval plot pr, sizes, categories, scores, "
                "errors, confusion and compare draw part files.",
                code="other-files",
                path=path,
            )


def refuse_other_files(*files: str, but: str = "") -> None:
    """Refuse files that are not in COCO's or LVIS's format; panoptic files are told by the reader.

    Args:
        files: predictions, then ground truth.
        but: another kind of files that the figure takes.

    Raises:
        InputError: for label maps, and for files of Cityscapes and Open Images.
    """
    from segeval.checks.label_map_report import are_label_maps
    from segeval.data.paths import is_csv

    refuse_parts(files)
    *preds, gt = files
    path = next((each for each in files if are_label_maps(each)), None)
    if is_csv(gt):
        kind, path = "a CSV file of Open Images", gt
    elif path is None:
        return
    else:
        lists = _lists_of_masks(preds)
        kind, path = ("Cityscapes' lists of masks", lists) if lists else (LABEL_MAPS, path)
    if kind == but:
        return
    what, instead = DRAWN_BY[kind]
    raise InputError(
        f"{path}: is read as {kind}. This figure is of {what}, expected files in COCO's or LVIS's "
        f"format. {instead}.",
        code="other-files",
        path=path,
    )


def _lists_of_masks(preds: Sequence[str]) -> str | None:
    """The first folder that has Cityscapes' lists of masks, None if none has."""
    from segeval.analysis.comparison.evaluate import lists_masks

    return next((each for each in preds if lists_masks(each)), None)
