"""`pycocotools.cocoeval` with segeval behind it: AP and AR of predictions on a data set."""

from __future__ import annotations

import copy
import time
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.compat.pycocotools import params as settings
from segeval.compat.pycocotools.curves import Accumulated, accumulated, accumulated_results
from segeval.compat.pycocotools.image_results import all_overlaps, all_results
from segeval.compat.pycocotools.matched import Matched, Settings, match_records
from segeval.compat.pycocotools.params import Params
from segeval.compat.pycocotools.records import NOUNS, Record, many_records, side_of
from segeval.compat.pycocotools.summary import summarised
from segeval.errors import InputError

__all__ = ["COCOeval", "Params"]


class COCOeval:
    """An evaluation: `evaluate`, `accumulate`, `summarize`.

    Records are left as they are; pycocotools writes `ignore`, `_ignore` and other masks into them.

    Args:
        cocoGt: the data set.
        cocoDt: predictions on it, from `loadRes`; they may be set later.
        iouType: "segm" or "bbox"; also "boundary", which pycocotools lacks.

    Attributes:
        cocoGt: the data set.
        cocoDt: predictions on it.
        params: the settings; set them before `evaluate`.
        evalImgs: a dict, or None, per category, range of areas and image; made when it is read.
        ious: IoUs by image id and category id; made when they are read.
        eval: after `accumulate` the arrays `precision` (T, R, K, A, M), `recall` (T, K, A, M) and
            `scores` (T, R, K, A, M), -1 where there is no ground truth.
        stats: after `summarize` the twelve numbers.

    Raises:
        InputError: for another kind of IoU, such as "keypoints".

    Example:
        >>> from segeval.compat.pycocotools import COCO
        >>> box = {"id": 1, "image_id": 1, "category_id": 1, "bbox": [0, 0, 9, 9]}
        >>> gt = COCO()
        >>> gt.dataset = {
        ...     "images": [{"id": 1}],
        ...     "categories": [{"id": 1}],
        ...     "annotations": [{**box, "area": 81, "iscrowd": 0}],
        ... }
        >>> gt.createIndex()
        creating index...
        index created!
        >>> dt = gt.loadRes([{**box, "score": 0.5}])  # doctest: +ELLIPSIS
        Loading and preparing results...
        ...
        >>> evaluation = COCOeval(gt, dt, "bbox")
        >>> evaluation.evaluate()
        Running per image evaluation...
        Evaluate annotation type *bbox*
        DONE (t=...s).
        >>> evaluation.evalImgs[0]["dtMatches"][:2]
        array([[1.],
               [1.]])
    """

    def __init__(self, cocoGt: Any = None, cocoDt: Any = None, iouType: str = "segm") -> None:
        if not iouType:
            print("iouType not specified. use default iouType segm")
        self.cocoGt = cocoGt
        self.cocoDt = cocoDt
        self.params = Params(iouType=iouType or "segm")
        self.eval: dict[str, Any] = {}
        self.stats: Any = []
        self._gts: Any = defaultdict(list)
        self._dts: Any = defaultdict(list)
        self._paramsEval: Any = {}
        self._found: Matched | None = None
        self._results: Any = defaultdict(list)
        self._overlaps: Any = {}
        if cocoGt is not None:
            self.params.imgIds = sorted(cocoGt.getImgIds())
            self.params.catIds = sorted(cocoGt.getCatIds())

    @property
    def evalImgs(self) -> Any:
        """Results per category, range of areas and image: [K x A x I] dicts, or None."""
        if self._results is None and self._found is not None:
            with many_records():
                self._results = all_results(self._found)
        return self._results

    @evalImgs.setter
    def evalImgs(self, results: Any) -> None:
        self._results = results

    @property
    def ious(self) -> Any:
        """IoUs (D, G) by image id and category id; an empty list without any pair."""
        if self._overlaps is None and self._found is not None:
            self._overlaps = all_overlaps(self._found)
        return self._overlaps

    @ious.setter
    def ious(self, overlaps: Any) -> None:
        self._overlaps = overlaps

    def evaluate(self) -> None:
        """Match the predictions of all images that `params` asks for.

        Raises:
            InputError: for settings that segeval cannot do.
            FormatError: for a record without a field that is needed, or a malformed mask.
        """
        started = time.time()
        print("Running per image evaluation...")
        params = self.params
        if params.useSegm is not None:
            params.iouType = "segm" if params.useSegm == 1 else "bbox"
            print(f"useSegm (deprecated) is not None. Running {params.iouType} evaluation")
        print(f"Evaluate annotation type *{params.iouType}*")
        params.imgIds = list(np.unique(params.imgIds))
        if params.useCats:
            params.catIds = list(np.unique(params.catIds))
        params.maxDets = settings.checked_caps(params.maxDets)
        with many_records():
            self._evaluate(params)
        self._paramsEval = copy.deepcopy(params)
        print(f"DONE (t={time.time() - started:0.2f}s).")

    def _evaluate(self, params: Params) -> None:
        """Match the predictions, by settings in order."""
        asked = _settings(params)
        self._prepare()
        if self._has_own_rules():
            self._evaluate_one_by_one(asked)
        else:
            self._found = self._matched(asked, (self._dts, self._gts))
            self._results = self._overlaps = None

    def _has_results(self) -> bool:
        """Whether `evalImgs` has any entry, which need not be made for that."""
        if self._results is not None or self._found is None:
            return bool(len(self._results or ()))
        asked = self._found.settings
        return bool(asked.images and asked.categories and asked.ranges)

    def _has_own_rules(self) -> bool:
        """Whether a class built on this one changes what a cell comes to."""
        return any(
            getattr(type(self), name) is not getattr(COCOeval, name)
            for name in ("computeIoU", "evaluateImg")
        )

    def _evaluate_one_by_one(self, asked: Settings) -> None:
        """Evaluate each cell by the methods of this object, as pycocotools does."""
        self._overlaps = {
            (image, category): self.computeIoU(image, category)
            for image in asked.images
            for category in asked.categories
        }
        self._results = [
            self.evaluateImg(image, category, limits, asked.caps[-1])
            for category in asked.categories
            for limits in asked.given_ranges
            for image in asked.images
        ]

    def computeIoU(self, imgId: Any, catId: Any) -> Any:
        """IoUs of the predictions by falling score with the annotations of one cell.

        Args:
            imgId: id of the image.
            catId: id of the category; any where these are merged.

        Returns:
            float64, shape (D, G); an empty list without a pair.
        """
        found = self._cell(imgId, catId, [0, np.inf], self.params.maxDets)
        return [] if found is None else next(iter(all_overlaps(found).values()))

    def evaluateImg(self, imgId: Any, catId: Any, aRng: Any, maxDet: int) -> Record | None:
        """The result of one category, image and range of areas, by `ious` where these were set.

        Args:
            imgId: id of the image.
            catId: id of the category; any where these are merged.
            aRng: least and largest area in pixels squared.
            maxDet: largest number of predictions.

        Returns:
            A dict as in `evalImgs`; None without any record.
        """
        found = self._cell(imgId, catId, aRng, [maxDet])
        given = (self._overlaps or {}).get((imgId, catId))
        return None if found is None else all_results(found, given)[0]

    def accumulate(self, p: Params | None = None) -> None:
        """Make the curves of all categories, ranges of areas and caps: `eval`.

        Where `evalImgs` was read, set or changed, they are made from it.

        Args:
            p: other settings, as pycocotools takes them; by default `params`.

        Raises:
            InputError: before `evaluate`, and for settings that segeval cannot do.
        """
        print("Accumulating evaluation results...")
        started = time.time()
        if not self._has_results():
            print("Please run evaluate() first")
        if not isinstance(self._paramsEval, Params) and not hasattr(self._paramsEval, "imgIds"):
            raise InputError(
                "there are no results to accumulate: run `evaluate` first.", code="order"
            )
        params = self.params if p is None else p
        params.catIds = params.catIds if params.useCats == 1 else [-1]
        points = settings.checked_points(params.recThrs)
        categories = len(params.catIds) if params.useCats else 1
        counts = [
            len(params.iouThrs), len(points), categories, len(params.areaRng), len(params.maxDets)
        ]  # fmt: skip
        found = self._curves(params, points, counts)
        self.eval = {
            "params": params,
            "counts": counts,
            "date": datetime.now().strftime("%Y-%m-%d %H:%M:%S"),
            "precision": found.precision,
            "recall": found.recall,
            "scores": found.scores,
        }
        print(f"DONE (t={time.time() - started:0.2f}s).")

    def summarize(self) -> None:
        """Print the twelve numbers, and keep them in `stats`.

        Raises:
            InputError: before `accumulate`, and unless `params` has three caps.
        """
        if not self.eval:
            raise InputError("there is nothing to summarise: run `accumulate` first.", code="order")
        self.stats = summarised(self.params, self.eval)

    def __str__(self) -> str:
        self.summarize()
        return ""

    def _prepare(self) -> None:
        """Sort the records that take part by image and category."""
        params = self.params
        for name, coco in (("cocoGt", self.cocoGt), ("cocoDt", self.cocoDt)):
            if coco is None:
                raise InputError(f"`{name}` is None, expected a data set.", code="input")
        chosen = {"imgIds": params.imgIds}
        if params.useCats:
            chosen["catIds"] = params.catIds
        self._gts, self._dts = defaultdict(list), defaultdict(list)
        for coco, cells in ((self.cocoGt, self._gts), (self.cocoDt, self._dts)):
            for record in coco.loadAnns(coco.getAnnIds(**chosen)):
                cells[record["image_id"], record["category_id"]].append(record)
        self._found = None
        self._results, self._overlaps = defaultdict(list), {}
        self.eval = {}

    def _matched(self, asked: Settings, cells: Sequence[Any]) -> Matched:
        """Records by image and category, of predictions and of annotations, matched."""
        merged = not self.params.useCats
        chosen = self.params.catIds if merged else asked.categories
        images = {each: place for place, each in enumerate(asked.images)}
        categories = {each: place for place, each in enumerate(chosen)}
        preds, gts = (
            side_of(
                [record for records in own.values() for record in records],
                noun, images, categories, merged=merged,
            )
            for noun, own in zip(NOUNS, cells, strict=True)
        )  # fmt: skip
        return match_records(preds, gts, asked, self.cocoDt, self.cocoGt)

    def _cell(self, image: Any, category: Any, given: Any, caps: Any) -> Matched | None:
        """One category in one image, matched by itself; None without any record."""
        params = copy.copy(self.params)
        params.imgIds, params.areaRng, params.maxDets = [image], [given], caps
        if params.useCats:
            params.catIds = [category]
        keys = [(image, each) for each in params.catIds]
        cells = [{key: own[key] for key in keys if own.get(key)} for own in (self._dts, self._gts)]
        return self._matched(_settings(params), cells) if any(cells) else None

    def _curves(
        self, params: Params, points: NDArray[np.float64], counts: list[int]
    ) -> Accumulated:
        """The curves, from the matches themselves or from `evalImgs`."""
        found, seen = self._found, self._paramsEval
        if self._results is None and found is not None and _are_alike(params, seen, found):
            return accumulated(found, points)
        seen_categories = set(seen.catIds if seen.useCats else [-1])
        ranges = {tuple(each) for each in seen.areaRng}
        images, number = {*seen.imgIds}, len(seen.imgIds)
        kept = [place for place, each in enumerate(params.imgIds) if each in images]
        areas = [place for place, each in enumerate(params.areaRng) if tuple(each) in ranges]
        categories = [place for place, each in enumerate(params.catIds) if each in seen_categories]
        caps = [cap for cap in params.maxDets if cap in {*seen.maxDets}]
        cells = [
            (k, a, [(category * len(seen.areaRng) + area) * number + image for image in kept])
            for k, category in enumerate(categories)
            for a, area in enumerate(areas)
        ]
        return accumulated_results(self.evalImgs, counts, cells, list(enumerate(caps)), points)


def _settings(params: Params) -> Settings:
    """What the settings come to."""
    settings.check_use_of_categories(params.useCats)
    if not params.useCats:
        settings.check_merged_categories(params.catIds)
    if params.iouType not in settings.IOU_TYPES:
        Params(params.iouType)
    return Settings(
        images=list(params.imgIds),
        categories=list(params.catIds) if params.useCats else [-1],
        iou=params.iouType,
        thresholds=settings.checked_thresholds(params.iouThrs),
        caps=settings.checked_caps(params.maxDets),
        ranges=settings.checked_ranges(params.areaRng),
        given_ranges=list(params.areaRng),
    )


def _are_alike(params: Params, seen: Any, found: Matched) -> bool:
    """Whether an accumulation is of just what was matched."""
    own = found.settings
    return len(params.iouThrs) == len(own.thresholds) and all(
        list(one.imgIds) == own.images
        and (list(one.catIds) == own.categories if one.useCats else own.categories == [-1])
        and list(one.maxDets) == own.caps
        and [tuple(each) for each in one.areaRng] == own.ranges
        for one in (params, seen)
    )
