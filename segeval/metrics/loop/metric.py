"""`Metric`: average precision that grows batch by batch."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from segeval.host_batches import on_host
from segeval.masks.values import MaskValues
from segeval.metrics.coco.arguments import Arguments
from segeval.metrics.coco.average_precision import result_of
from segeval.metrics.coco.matches import Matches
from segeval.metrics.coco.protocol import Protocol
from segeval.metrics.coco.result import APResult
from segeval.metrics.loop.batch_ids import check_dictionaries, image_keys
from segeval.metrics.loop.growing import GrowingMetric
from segeval.metrics.loop.image_records import image_record
from segeval.metrics.loop.images import repeat_notes
from segeval.metrics.loop.part import from_bytes, to_bytes
from segeval.metrics.loop.settings import settings_of
from segeval.metrics.loop.state import State
from segeval.metrics.sizes import SizeBucket
from segeval.words import counted

Batch = Sequence[Mapping[str, Any]]
"""A dictionary for each image."""


class Metric(GrowingMetric):
    """AP and AR of images that come in batches, in any order, on any number of processes.

    The numbers are those of `average_precision` on the same data. Images are matched while they
    come, and their masks are not kept.

    Args:
        categories: all categories: ids, a mapping of ids to names, dicts with "id", "name" and, for
            LVIS, "frequency", or the `categories` of what `load_ground_truth` reads.
        protocol: as in `average_precision`.
        iou: "segm", "boundary", "bbox", or several; by default what the protocol compares.
        sizes: as in `average_precision`, as are the next ones.
        max_dets: caps on predictions.
        thresholds: IoU thresholds.
        area_from: the area that puts a prediction in a size bucket.
        boundary_ratio: width of the boundary as a fraction of the image's diagonal.
        boundary_px: width of the boundary in pixels.
        agnostic: take all categories as one (COCO only).
        min_score: leave out predictions with a lower score.
        skip_unknown: drop records of categories that are not listed, and count them.
        honour_ignore: let COCO's `ignore` field take annotations out of the count.
        pool: compute AP-pool as well.
        box_format: "xyxy" (corners x0, y0, x1, y1) or "xywh".
        mask_values: what floats in masks are: "logits", cut at 0, or "probabilities", cut at 0.5.
            None refuses them.
        repeats: what is done with an image that comes again, as samplers pad: "one" takes the copy
            whose content has the smaller hash, "refuse" is an error.
        workers: threads, None for all cores.

    Raises:
        InputError: for arguments that make no sense.

    Example:
        >>> import numpy as np
        >>> from segeval import Metric
        >>> mask = np.ones((1, 4, 6), bool)
        >>> metric = Metric({1: "cat"})
        >>> metric.update(
        ...     [139],
        ...     [{"scores": [0.9], "labels": [1], "masks": mask}],
        ...     [{"labels": [1], "masks": mask}],
        ... )
        >>> metric.compute().ap50
        0.9999999999999999
    """

    _state: State

    def __init__(
        self,
        categories: Any,
        *,
        protocol: str | Protocol = "coco",
        iou: str | Sequence[str] | None = None,
        sizes: str | Sequence[SizeBucket | float] | None = None,
        max_dets: int | Sequence[int] | None = None,
        thresholds: float | Sequence[float] | None = None,
        area_from: str | None = None,
        boundary_ratio: float | None = None,
        boundary_px: int | None = None,
        agnostic: bool = False,
        min_score: float | None = None,
        skip_unknown: bool = False,
        honour_ignore: bool = False,
        pool: bool = False,
        box_format: str = "xyxy",
        mask_values: MaskValues | None = None,
        repeats: str = "one",
        workers: int | None = None,
    ) -> None:
        arguments = Arguments(
            iou=iou,
            protocol=protocol,
            sizes=sizes,
            max_dets=max_dets,
            thresholds=thresholds,
            area_from=area_from,
            boundary_ratio=boundary_ratio,
            boundary_px=boundary_px,
            agnostic=agnostic,
            min_score=min_score,
            skip_unknown=skip_unknown,
            honour_ignore=honour_ignore,
        )
        settings = settings_of(
            categories,
            arguments,
            box_format=box_format,
            mask_values=mask_values,
            repeats=repeats,
            pool=pool,
            workers=workers,
        )
        self._state = State(settings)
        self._workers = workers
        self._failure = None

    def __repr__(self) -> str:
        """One line: the rules and how much there is."""
        first = self._state.settings.first
        kinds = ", ".join(request.iou for request in self._state.settings.requests)
        return f"Metric({first.protocol.name}, {kinds}: {counted(len(self), 'image')})"

    @property
    def by_box(self) -> bool:
        """Whether boxes are compared, by any of the kinds of IoU."""
        return self._state.settings.by_box

    def update(self, image_ids: Any, preds: Batch, targets: Batch) -> None:
        """Take a batch of images.

        Arrays may be of numpy, torch (on any device), or anything with `__array__` or DLPack. All
        of a device come by one copy, up to 256 MiB; the largest of more come one by one.

        Args:
            image_ids: the id of each image: whole numbers, or text.
            preds: of each image a dict: "scores" (N,), "labels" (or "classes") (N,) with ids of
                categories, "masks" and/or "boxes" (N, 4). Masks are bool or 0 and 1, shape (N, H,
                W) or (N, 1, H, W); floats as `mask_values` says; or N of COCO's run lengths,
                compressed strings or polygons.
            targets: of each image a dict: "labels", "masks" and/or "boxes", and where there are
                some "iscrowd", "area" (else that of the mask) and "ignore"; for LVIS also
                "neg_category_ids" and "not_exhaustive_category_ids". Either dict may give the
                "size" of the image as (height, width), its "file_name" and its "image_id".

        Raises:
            InputError: for what cannot be used; the message names image and field, and nothing of
                the batch was taken.
        """
        with self.remembered():
            image_ids, preds, targets = on_host(image_ids, preds, targets)
            keys = image_keys(image_ids)
            for name, given in (("preds", preds), ("targets", targets)):
                check_dictionaries(given, name, len(keys))
            settings = self._state.settings
            self._state.add([
                image_record(key, found, truth, settings)
                for key, found, truth in zip(keys, preds, targets, strict=True)
            ])  # fmt: skip

    def compute(self) -> APResult:
        """The numbers of all images so far; more may come.

        Raises:
            InputError: for what would give a wrong number.
        """
        started = time.perf_counter()
        settings = self._state.settings
        found = result_of(
            self.matches(),
            compat=None,
            pool=settings.pool,
            started=started,
            workers=settings.workers,
        )
        return replace(found, notes=(*found.notes, *repeat_notes(self._state.seen())))

    def to_bytes(self) -> bytes:
        """Settings and images as bytes for `from_bytes`; nothing in them is executed.

        The same images give the same bytes in whatever order and batches they came, but for notes
        that name an example. Errors as in `compute`.
        """
        with self._state.lock:
            return to_bytes(self._state, self._failure)

    @classmethod
    def from_bytes(cls, data: bytes, *, workers: int | None = None) -> Metric:
        """The metric of the bytes of `to_bytes`.

        Args:
            data: the bytes.
            workers: threads, None for all cores.

        Raises:
            FormatError: if the bytes are something else, or damaged.
        """
        found = cls.__new__(cls)
        found._state, found._failure = from_bytes(data, workers)
        found._workers = workers
        return found

    def matches(self) -> list[Matches]:
        """The matches of all images so far, for each kind of IoU; errors as in `compute`."""
        return self._state.whole()

    def reset(self) -> None:
        """Forget all images; the settings stay."""
        self._state, self._failure = State(self._state.settings), None

    def _told(self) -> dict[str, Any]:
        return self._state.settings.told()
