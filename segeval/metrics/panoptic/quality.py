"""Panoptic quality of two sets of pictures."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.checks.panoptic import (
    all_crowds,
    ids_of_another_kind,
    images_without_segments,
    mistakes_of_pair,
    perhaps_swapped,
)
from segeval.checks.panoptic_pictures import area_too_small, misfits, union_too_small
from segeval.data.ids import rows_of
from segeval.data.joining import numbered_alike
from segeval.data.keys import only_used, written
from segeval.data.panoptic.columns import LARGEST_ID, PanopticSegments
from segeval.data.panoptic.read import load_panoptic
from segeval.data.panoptic.shared_pixels import SegmentMap
from segeval.errors import Note
from segeval.findings import note_of, raise_first
from segeval.kernels.threads import OnProgress, in_order
from segeval.metrics.boundary_settings import BoundarySettings, boundary_settings
from segeval.metrics.choices import check_choice, kinds_of_iou
from segeval.metrics.panoptic import matching
from segeval.metrics.panoptic.boundary import Boundaries, boundaries, collided_boundaries
from segeval.metrics.panoptic.pictures import ImagePair, read_pair
from segeval.metrics.panoptic.result import IOUS, PanopticResult
from segeval.metrics.panoptic.statistics import panoptic_statistics
from segeval.metrics.panoptic.summary import panoptic_scores
from segeval.words import counted


@dataclass(frozen=True)
class Rules:
    """The settings of a run.

    Attributes:
        kinds: "segm", "boundary" or both.
        boundary: width of boundaries.
        official: reproduce the errors of panopticapi and of its fork for boundaries.
    """

    kinds: tuple[str, ...]
    boundary: BoundarySettings
    official: bool


@dataclass(frozen=True, eq=False)
class _Judged:
    """Matches of one image by kind of IoU, and what the notes count."""

    matches: dict[str, matching.ImageMatches]
    wrong_areas: int
    gt_in_one_only: int
    fits: tuple[NDArray[np.int64], NDArray[np.int64]]


def panoptic_quality(
    preds: str | Path | PanopticSegments,
    gt: str | Path | PanopticSegments,
    *,
    preds_dir: str | Path | None = None,
    gt_dir: str | Path | None = None,
    iou: str | Sequence[str] = "segm",
    boundary_ratio: float | None = None,
    boundary_px: int | None = None,
    compat: str | None = None,
    workers: int | None = None,
    on_progress: OnProgress | None = None,
) -> PanopticResult:
    """Panoptic quality (PQ) of predictions in COCO's panoptic format.

    Args:
        preds: path of the JSON file of the predictions, or the result of `load_panoptic`.
        gt: the same for the ground truth, whose categories count.
        preds_dir: folder with the pictures of the predictions; None for the path of the file
            without `.json`.
        gt_dir: the same for the ground truth.
        iou: "segm", "boundary" (boundary PQ: the smaller of both IoUs), or several.
        boundary_ratio: width of the boundary as a fraction of the image's diagonal: by default
            0.02, as for COCO; Cityscapes has 0.005.
        boundary_px: width of the boundary in pixels, instead of the ratio.
        compat: "official" reproduces two errors of panopticapi and its fork in boundary-iou-api:
            of several crowd regions of a category in an image only the last is used, and a segment
            whose id is one more than the largest category id has a wrong boundary.
        workers: threads, None for all cores; the numbers do not depend on it.
        on_progress: called with the number of images done, and of all.

    Raises:
        InputError: if a file, folder or picture is missing.
        FormatError: if a file is not panoptic, or a picture is not in three colours of 8 bits.
        MismatchError: if the files do not belong together, or a picture contradicts its file.

    Source:
        Kirillov et al. 2019, Panoptic segmentation; Cheng et al. 2021, Boundary IoU. Equal to
        panopticapi 7bb4655 and boundary-iou-api 37d2558.

    Example:
        >>> import json, tempfile
        >>> from PIL import Image
        >>> cat = {"id": 1, "category_id": 3, "area": 12, "iscrowd": 0}
        >>> picture = {"image_id": 1, "file_name": "1.png", "segments_info": [cat]}
        >>> categories = [{"id": 3, "name": "cat", "isthing": 1}]
        >>> data = {"annotations": [picture], "categories": categories}
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     gt = Path(folder, "gt.json")
        ...     gt.with_suffix("").mkdir()
        ...     Image.new("RGB", (4, 3), (1, 0, 0)).save(Path(folder, "gt", "1.png"))
        ...     _ = gt.write_text(json.dumps(data))
        ...     panoptic_quality(gt, gt).pq
        1.0
    """
    started = time.perf_counter()
    rules = _rules(iou, boundary_ratio, boundary_px, compat)
    if not isinstance(gt, PanopticSegments):
        gt = load_panoptic(gt, gt_dir, option="gt_dir")
    if not isinstance(preds, PanopticSegments):
        preds = load_panoptic(preds, preds_dir, option="preds_dir")
    raise_first(ids_of_another_kind(preds, gt))
    preds, gt = numbered_alike([preds, gt])
    raise_first(mistakes_of_pair(preds, gt))
    places = rows_of(gt.image_id, preds.image_id)

    def judged(image: int) -> _Judged:
        pair = read_pair(preds, int(places[image]), gt, image, lenient=rules.official)
        return _of_pair(pair, rules, gt)

    found = list(in_order(judged, range(len(gt)), workers, on_progress=on_progress))
    category_keys, [category_id] = only_used((gt.categories.keys, [gt.categories.id]))
    ids = written(gt.image_id, gt.images.keys)
    statistics = {
        kind: panoptic_statistics(
            [one.matches[kind] for one in found],
            gt.image_id if gt.images.keys is None else ids,
            category_id,
            gt.categories.names,
            np.zeros(len(gt.categories), np.bool_) if gt.is_thing is None else gt.is_thing,
            {
                "iou": kind,
                "compat": compat,
                **(rules.boundary.settings() if kind == "boundary" else {}),
            },
            category_keys,
        )
        for kind in rules.kinds
    }
    return PanopticResult(
        scores={kind: panoptic_scores(each) for kind, each in statistics.items()},
        inputs={"preds": _input(preds), "gt": _input(gt, categories=True)},
        settings={"iou": list(rules.kinds), "compat": compat, **rules.boundary.settings()},
        notes=_notes(preds, gt, found),
        seconds=time.perf_counter() - started,
        statistics=statistics,
        file_names=dict(zip(ids, gt.photographs(), strict=True)),
    )


def _rules(
    iou: str | Sequence[str], ratio: float | None, px: int | None, compat: str | None
) -> Rules:
    """The settings, checked."""
    kinds = kinds_of_iou(iou, IOUS)
    check_choice("compat", compat, ("official",))
    width = boundary_settings(ratio, px, compared="boundary" in kinds)
    return Rules(kinds, width, compat == "official")


def _of_pair(pair: ImagePair, rules: Rules, gt: PanopticSegments) -> _Judged:
    """The matches of one image."""
    shared = pair.shared
    pairs = matching.mask_pairs(pair.preds, pair.gt, shared)
    _require_positive(pairs, pair, gt)
    is_ignored = matching.ignored(pair.preds, pair.gt, shared, last_crowd_only=rules.official)
    matches: dict[str, matching.ImageMatches] = {}
    for kind in rules.kinds:
        of_kind = pairs
        if kind == "boundary":
            of_kind = matching.boundary_pairs(pairs, *_boundaries(pair, rules, gt))
        matches[kind] = matching.matched(pair.preds, pair.gt, of_kind, is_ignored)
    fits = matching.fitting_categories(pair.preds, pair.gt, shared)
    return _Judged(matches, pair.wrong_areas, pair.gt_in_one_only, fits)


def _boundaries(
    pair: ImagePair, rules: Rules, gt: PanopticSegments
) -> tuple[Boundaries, Boundaries]:
    """The boundaries of the segments of both pictures."""
    width = rules.boundary.pixels(pair.gt_map.places.shape)

    def of(segments: SegmentMap, order: NDArray[np.int64]) -> Boundaries:
        if rules.official:
            # text has no largest id, and none of 2^63 or more is that of a segment
            listed = gt.categories
            marker = int(listed.id.max()) + 1 if listed.keys is None else LARGEST_ID + 1
            return collided_boundaries(segments, width, order, marker)
        return boundaries(segments, width)

    return of(pair.preds_map, pair.preds.order), of(pair.gt_map, pair.gt.order)


def _require_positive(pairs: matching.Pairs, pair: ImagePair, gt: PanopticSegments) -> None:
    """Refuse an area in the file so small that the union of two segments is not positive."""
    wrong = union_too_small(pairs.pixels, pairs.union)
    if wrong.any():
        index = int(pairs.gt[wrong][0])
        segment, pixels = int(pair.gt_rows[index]), int(pair.gt_pixels[index])
        raise area_too_small(gt, segment, pixels).refusal()


def _input(segments: PanopticSegments, *, categories: bool = False) -> dict[str, Any]:
    """One file as the JSON object describes it."""
    known: dict[str, Any] = {
        "path": segments.source,
        "folder": str(segments.folder),
        "count": len(segments.id),
        "images": len(segments),
    }
    return {**known, "categories": len(segments.categories)} if categories else known


def _notes(
    preds: PanopticSegments, gt: PanopticSegments, found: Sequence[_Judged]
) -> tuple[Note, ...]:
    """Notes on both files."""
    notes = [*gt.notes]
    if preds.folder == gt.folder and preds.source != gt.source:
        message = (
            f"predictions and ground truth have the same pictures, {gt.folder}: every segment of a "
            "picture fits itself"
        )
        notes.append(Note("same-files", message, len(gt)))
    notes += [
        Note(each.code, f"{each.path}: {each.message}. {each.hint.rstrip('.')}", each.count)
        for each in perhaps_swapped(preds, gt)
    ]
    fitting, fitted = (
        np.concatenate([np.empty(0, np.int64), *(one.fits[side] for one in found)])
        for side in (0, 1)
    )
    ids = gt.categories.id
    findings = [
        *misfits(preds, gt, ids[fitting], ids[fitted]),
        *images_without_segments(preds, gt),
        *all_crowds(gt),
    ]
    notes += map(note_of, findings)
    areas = sum(one.wrong_areas for one in found)
    if areas:
        message = (
            f"{gt.source}: {counted(areas, 'segment has', 'segments have')} an area other than its "
            "pixels in the picture; the area of the file is used, as in panopticapi"
        )
        notes.append(Note("area-differs", message, areas))
    one_only = sum(one.gt_in_one_only for one in found)
    if one_only:
        message = (
            f"{gt.source}: {counted(one_only, 'id is', 'ids are')} in a picture or in the file "
            "only; panopticapi does not look at that in the ground truth"
        )
        notes.append(Note("gt-ids", message, one_only))
    unused = int((~np.isin(preds.image_id, gt.image_id)).sum())
    if unused:
        message = (
            f"{preds.source}: {counted(unused, 'image is', 'images are')} not in {gt.source} and "
            "not used"
        )
        notes.append(Note("unused-images", message, unused))
    return tuple(notes)
