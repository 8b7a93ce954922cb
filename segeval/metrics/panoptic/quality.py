"""Panoptic quality of two sets of pictures."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.checks.misplaced_segments import where_segments_fit
from segeval.checks.panoptic_pictures import area_too_small, union_too_small
from segeval.data.ids import rows_of
from segeval.data.keys import only_used, written
from segeval.data.panoptic.columns import LARGEST_ID, PanopticSegments
from segeval.data.panoptic.shared_pixels import SegmentMap
from segeval.frozen import frozen
from segeval.kernels.threads import OnProgress, in_order
from segeval.metrics.boundary_settings import BoundarySettings, boundary_settings
from segeval.metrics.choices import check_choice, kinds_of_iou
from segeval.metrics.panoptic import matching
from segeval.metrics.panoptic.boundary import Boundaries, boundaries, collided_boundaries
from segeval.metrics.panoptic.loading import are_id_maps, loaded_pair
from segeval.metrics.panoptic.notes import ImageCounts, file_notes, panoptic_notes
from segeval.metrics.panoptic.outcomes import ImageOutcomes, image_outcomes
from segeval.metrics.panoptic.pictures import ImagePair, read_pair
from segeval.metrics.panoptic.result import IOUS, PanopticResult
from segeval.metrics.panoptic.statistics import PanopticStatistics, panoptic_statistics
from segeval.metrics.panoptic.summary import panoptic_scores
from segeval.metrics.sources import Source, Sources


@frozen
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

    @property
    def compat(self) -> str | None:
        """The tool that is followed."""
        return "official" if self.official else None

    def settings(self) -> dict[str, Any]:
        """The settings as plain values."""
        return {"iou": list(self.kinds), "compat": self.compat, **self.boundary.settings()}

    def of_kind(self, kind: str) -> dict[str, Any]:
        """The settings that decide the numbers of one kind of IoU."""
        boundary = self.boundary.settings() if kind == "boundary" else {}
        return {"iou": kind, "compat": self.compat, **boundary}


@frozen(eq=False)
class JudgedImage:
    """What is found in one image.

    Attributes:
        matches: by kind of IoU.
        wrong_areas, gt_in_one_only: see `ImagePair`.
        fits: places of the categories of predicted segments and of those that they fit.
        outcomes: what became of every segment, by kind of IoU; empty unless asked for.
        pred_rows, gt_rows: see `ImagePair`.
        pixels, gt_pixels: of each segment in its picture, int64, shape (N,) and (M,).
    """

    matches: dict[str, matching.ImageMatches]
    wrong_areas: int
    gt_in_one_only: int
    fits: tuple[NDArray[np.int64], NDArray[np.int64]]
    outcomes: dict[str, ImageOutcomes]
    pred_rows: NDArray[np.int64]
    gt_rows: NDArray[np.int64]
    pixels: NDArray[np.int64]
    gt_pixels: NDArray[np.int64]


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
        preds: path of the JSON file of the predictions, or the result of
            `segeval.data.load_panoptic`; or a folder of id maps, as for `id_maps_ap`.
        gt: the same for the ground truth, whose categories count; of two folders of id maps all
            objects are of one category.
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
    rules = rules_of_run(iou, boundary_ratio, boundary_px, compat)
    given = preds, gt
    preds, gt = loaded_pair(preds, gt, preds_dir, gt_dir, workers=workers)
    arguments = {
        "preds_dir": preds_dir, "gt_dir": gt_dir, "iou": iou, "boundary_ratio": boundary_ratio,
        "boundary_px": boundary_px, "compat": compat,
    }  # fmt: skip
    sources = None
    if not are_id_maps(*given):
        sources = Sources(
            preds=_source(given[0], preds),
            gt=_source(given[1], gt),
            arguments={name: value for name, value in arguments.items() if value is not None},
            named={
                name: Source.of(folder, files=_no_files)
                for name, folder in (("preds_dir", preds_dir), ("gt_dir", gt_dir))
                if folder is not None
            },
        )
    found = judged_images(preds, gt, range(len(gt)), rules, workers, on_progress)
    return replace(quality_of(found, preds, gt, rules, started), sources=sources)


def _source(given: str | Path | PanopticSegments, segments: PanopticSegments) -> Source:
    """Where a file and the pictures that it names are found again.

    Args:
        given: as the caller gave it.
        segments: what was read of it.
    """
    return Source.of(given, segments.folder, files=partial(_pictures, names=segments.file_names))


def _pictures(folder: Path, names: Sequence[str]) -> Iterator[Path]:
    """The pictures of a folder that a panoptic file names."""
    return (folder / name for name in names)


def _no_files(_: Path) -> tuple[Path, ...]:
    """None: the pictures stand for their folder."""
    return ()


def quality_of(
    found: Sequence[JudgedImage],
    preds: PanopticSegments,
    gt: PanopticSegments,
    rules: Rules,
    started: float,
) -> PanopticResult:
    """Panoptic quality from all images, judged.

    Args:
        found: of each image of the ground truth.
        preds: the predictions.
        gt: the ground truth.
        rules: the settings of the run.
        started: when it began, by `time.perf_counter`.
    """
    statistics = statistics_of(found, range(len(gt)), gt, rules)
    fitting, fitted = fits_of(found)
    ids = gt.categories.id
    counts = ImageCounts(
        ids[fitting],
        ids[fitted],
        gt.categories.keys,
        objects=int((~gt.is_crowd).sum()),
        wrong_areas=sum(one.wrong_areas for one in found),
        in_one_only=sum(one.gt_in_one_only for one in found),
    )
    names = preds.source, gt.source
    where = partial(where_segments_fit, preds, gt)
    return PanopticResult(
        scores={kind: panoptic_scores(each) for kind, each in statistics.items()},
        inputs={"preds": _input(preds), "gt": _input(gt, categories=True)},
        settings=rules.settings(),
        notes=panoptic_notes([file_notes(preds, gt)], counts, names, where),
        seconds=time.perf_counter() - started,
        statistics=statistics,
        file_names=dict(zip(written(gt.image_id, gt.images.keys), gt.photographs(), strict=True)),
    )


def judged_images(
    preds: PanopticSegments,
    gt: PanopticSegments,
    images: Sequence[int],
    rules: Rules,
    workers: int | None,
    on_progress: OnProgress | None,
    *,
    with_outcomes: bool = False,
) -> list[JudgedImage]:
    """What is found in some images of two files that belong together.

    Args:
        preds: the predictions.
        gt: the ground truth.
        images: places of the images in it.
        rules: the settings of the run.
        workers: threads, None for all cores.
        on_progress: called with the number of images done, and of all.
        with_outcomes: find what became of every segment as well.
    """
    places = rows_of(gt.image_id, preds.image_id)

    def judged(image: int) -> JudgedImage:
        pair = read_pair(preds, int(places[image]), gt, image, lenient=rules.official)
        return _of_pair(pair, rules, gt, with_outcomes=with_outcomes)

    return list(in_order(judged, images, workers, on_progress=on_progress))


def statistics_of(
    found: Sequence[JudgedImage], images: Sequence[int], gt: PanopticSegments, rules: Rules
) -> dict[str, PanopticStatistics]:
    """Statistics of judged images by kind of IoU.

    Args:
        found: of each image.
        images: places of the images in the ground truth.
        gt: the ground truth.
        rules: the settings of the run.
    """
    category_keys, [category_id] = only_used((gt.categories.keys, [gt.categories.id]))
    image_id = gt.image_id[np.array(images, np.int64)]
    return {
        kind: panoptic_statistics(
            [one.matches[kind] for one in found],
            image_id if gt.images.keys is None else written(image_id, gt.images.keys),
            category_id,
            gt.categories.names,
            np.zeros(len(gt.categories), np.bool_) if gt.is_thing is None else gt.is_thing,
            rules.of_kind(kind),
            category_keys,
        )
        for kind in rules.kinds
    }


def fits_of(found: Sequence[JudgedImage]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Places of the categories of predicted segments and of those that they fit, (P,) each."""
    fitting, fitted = (
        np.concatenate([np.empty(0, np.int64), *(one.fits[side] for one in found)])
        for side in (0, 1)
    )
    return fitting, fitted


def rules_of_run(
    iou: str | Sequence[str], ratio: float | None, px: int | None, compat: str | None
) -> Rules:
    """The settings, checked; arguments and errors as in `panoptic_quality`."""
    kinds = kinds_of_iou(iou, IOUS)
    check_choice("compat", compat, ("official",))
    width = boundary_settings(ratio, px, compared="boundary" in kinds)
    return Rules(kinds, width, compat == "official")


def _of_pair(
    pair: ImagePair, rules: Rules, gt: PanopticSegments, *, with_outcomes: bool
) -> JudgedImage:
    """The matches of one image."""
    shared = pair.shared
    pairs = matching.mask_pairs(pair.preds, pair.gt, shared)
    _require_positive(pairs, pair, gt)
    is_ignored = matching.ignored(pair.preds, pair.gt, shared, last_crowd_only=rules.official)
    across = pairs
    if with_outcomes:
        across = matching.mask_pairs(pair.preds, pair.gt, shared, same_category=False)
    matches: dict[str, matching.ImageMatches] = {}
    outcomes: dict[str, ImageOutcomes] = {}
    for kind in rules.kinds:
        of_kind, of_others = pairs, across
        if kind == "boundary":
            bands = _boundaries(pair, rules, gt)
            of_kind = matching.boundary_pairs(pairs, *bands)
            of_others = matching.boundary_pairs(across, *bands) if with_outcomes else across
        matches[kind] = matching.matched(pair.preds, pair.gt, of_kind, is_ignored)
        if with_outcomes:
            outcomes[kind] = image_outcomes(pair.preds, pair.gt, of_kind, of_others, is_ignored)
    return JudgedImage(
        matches=matches,
        wrong_areas=pair.wrong_areas,
        gt_in_one_only=pair.gt_in_one_only,
        fits=matching.fitting_categories(pair.preds, pair.gt, shared),
        outcomes=outcomes,
        pred_rows=pair.pred_rows,
        gt_rows=pair.gt_rows,
        pixels=pair.preds.area.astype(np.int64),
        gt_pixels=pair.gt_pixels,
    )


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
