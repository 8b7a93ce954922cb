"""Both inputs of panoptic quality: panoptic files, or folders of id maps."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from segeval.checks.panoptic import ids_of_another_kind, mistakes_of_pair
from segeval.data.id_maps.segments import id_map_segments
from segeval.data.joining import numbered_alike
from segeval.data.panoptic.columns import PanopticSegments
from segeval.data.panoptic.read import load_panoptic
from segeval.data.paths import is_folder
from segeval.errors import FormatError, InputError
from segeval.findings import raise_first


def loaded_pair(
    preds: str | Path | PanopticSegments,
    gt: str | Path | PanopticSegments,
    preds_dir: str | Path | None,
    gt_dir: str | Path | None,
    *,
    workers: int | None = None,
) -> tuple[PanopticSegments, PanopticSegments]:
    """Both sides, which belong together; arguments and errors as in `panoptic_quality`."""
    if are_id_maps(preds, gt):
        for option, folder in (("preds_dir", preds_dir), ("gt_dir", gt_dir)):
            if folder is not None:
                raise InputError(
                    f"`{option}` goes with panoptic files, and {preds} is a folder of id maps.",
                    code="option",
                    option=option,
                )
        return _of_id_maps(Path(str(preds)), Path(str(gt)), workers)
    if not isinstance(gt, PanopticSegments):
        gt = load_panoptic(gt, gt_dir, option="gt_dir")
    if not isinstance(preds, PanopticSegments):
        preds = load_panoptic(preds, preds_dir, option="preds_dir")
    raise_first(ids_of_another_kind(preds, gt))
    preds, gt = numbered_alike([preds, gt])
    raise_first(mistakes_of_pair(preds, gt))
    return preds, gt


def _of_id_maps(
    preds: Path, gt: Path, workers: int | None
) -> tuple[PanopticSegments, PanopticSegments]:
    """Both folders of id maps; the error says what to do with pictures of panoptic files."""
    try:
        return id_map_segments(preds, gt, workers=workers)
    except FormatError as error:
        if error.code != "picture-mode":
            raise
        raise FormatError(
            f"{error.message} Of panoptic files give the JSON files, not the folders.",
            code=error.code,
            path=error.path,
        ) from None


def are_id_maps(preds: Any, gt: Any) -> bool:
    """Whether both are folders, whose files are read as id maps."""
    return all(isinstance(each, str | Path) and is_folder(each) for each in (preds, gt))
