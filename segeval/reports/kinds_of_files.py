"""Which files go together on a page, and what is said of those that do not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from segeval.checks.label_map_report import are_label_maps
from segeval.data import load_ground_truth
from segeval.data.files import open_content
from segeval.data.panoptic.read import parse_panoptic
from segeval.data.paths import is_csv
from segeval.data.recognisers import OTHER_FORMAT
from segeval.errors import FormatError, InputError, MismatchError

OTHER_MODEL = ("against", "compare", "baseline")
"""What the argument of a second model could be called, which there is not."""


def refuse_other_model(arguments: Mapping[str, Any]) -> None:
    """Refuse a second model as an argument by name.

    Raises:
        InputError: for one of `OTHER_MODEL`.
    """
    for name in OTHER_MODEL:
        if name in arguments:
            raise InputError(
                f"`{name}` is no argument of `report`: predictions of both models stand before the "
                "ground truth, and the second model is compared with the first, as in "
                f"`report({name}, preds, gt)`.",
                code="option",
                option=name,
            )


def refuse_mixed(preds: Sequence[Any], gt: Any, arguments: Mapping[str, Any]) -> None:
    """Refuse label maps beside other ground truth, and classes without label maps.

    Args:
        preds: of one model or of two.
        gt: the ground truth.
        arguments: of the evaluation.

    Raises:
        MismatchError: for predictions that are label maps, and ground truth that is another file.
        InputError: for `classes` where the ground truth is another file.
    """
    if not isinstance(gt, str | Path) or not Path(gt).is_file() or are_label_maps(gt):
        return
    maps = next((each for each in preds if are_label_maps(each)), None)
    if maps is not None and not is_csv(gt):
        raise MismatchError(
            f"{maps} is read as label maps, and {gt} is a file of another kind: expected label "
            "maps as ground truth, or for this ground truth a file of predictions.",
            code="other-files",
            path=str(maps),
        )
    if "classes" in arguments:
        raise InputError(
            f"`classes` goes with label maps, and {gt} is a file of another kind. Leave `classes` "
            "out for instances and panoptic files.",
            code="option",
            option="classes",
        )


@contextmanager
def panoptic_told(gt: Any) -> Iterator[None]:
    """Say that predictions are panoptic where the ground truth has instances, or label maps.

    Only after an evaluation found a file of another format is it read again.

    Raises:
        FormatError: for ground truth that cannot be used.
        MismatchError: for such predictions; what is raised within, otherwise.
    """
    try:
        yield
    except FormatError as error:
        if error.code != OTHER_FORMAT or not _has_segments(error.path):
            raise
        truth = gt if isinstance(gt, str | Path) else "the ground truth"
        what = "annotations of objects"
        way = ", or make instances of the predictions with `panoptic_to_instances`"
        if are_label_maps(gt):
            what, way = "label maps", ""
        elif isinstance(gt, str | Path) and Path(gt).is_file():
            load_ground_truth(gt)  # what is wrong with it comes first
        raise MismatchError(
            f"{error.path} holds segments of a panoptic file, and {truth} {what}. Give panoptic "
            f"ground truth as well{way}.",
            code="other-files",
            path=error.path,
        ) from None


def _has_segments(path: str | None) -> bool:
    """Whether a file is panoptic."""
    if path is None or not Path(path).is_file():
        return False
    try:
        parse_panoptic(open_content(path))
    except InputError:
        return False
    return True
