"""`LabelMapMetric`: mean IoU that grows batch by batch."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from segeval.data.keys import Key, shown_key
from segeval.data.label_maps.classes import Classes, Ignored
from segeval.data.label_maps.pairs import LabelPair
from segeval.data.label_maps.read import Source
from segeval.host_batches import on_host
from segeval.metrics.choices import check_choice
from segeval.metrics.loop import table_part
from segeval.metrics.loop.batch_ids import check_length, image_keys, wrong_type
from segeval.metrics.loop.growing import TableMetric
from segeval.metrics.loop.images import repeat_notes
from segeval.metrics.loop.places import Place, array_of
from segeval.metrics.loop.settings import REPEATS
from segeval.metrics.loop.tables import Tables, TableState
from segeval.metrics.parts.statistics_part import StatisticsPart
from segeval.metrics.semantic.arguments import Arguments
from segeval.metrics.semantic.confusion import Absent
from segeval.metrics.semantic.mean_iou import counted_pairs, counted_result
from segeval.metrics.semantic.parts.files import LabelMapFiles, files_of
from segeval.metrics.semantic.parts.layout import TASK, part_of, read_part
from segeval.metrics.semantic.result import MeanIoUResult
from segeval.metrics.semantic.statistics import LabelMapStatistics, label_map_statistics
from segeval.metrics.semantic.trimap import Metric, Void
from segeval.words import counted

NAMES = ("predictions", "ground truth")


class LabelMapMetric(TableMetric):
    """Mean IoU of label maps that come in batches, in any order, on any number of processes.

    The numbers are those of `mean_iou` on the same label maps. The arguments are those of
    `mean_iou`; `repeats` says what is done with an image that comes again, as in `Metric`.

    Raises:
        InputError: for arguments that make no sense.

    Example:
        >>> import numpy as np
        >>> from segeval import LabelMapMetric
        >>> metric = LabelMapMetric(2, ignore=255)
        >>> pred, gt = np.array([[[0, 0, 0, 1]]]), np.array([[[0, 0, 1, 1]]])
        >>> metric.update(["a"], pred, gt)
        >>> metric.compute().flat("val/")["val/mIoU"]
        0.5833333333333333
    """

    _task = TASK

    def __init__(
        self,
        classes: Classes,
        *,
        ignore: Ignored = (),
        absent: Absent | None = None,
        trimap: float | Sequence[float] = (),
        trimap_metric: Metric = "euclid",
        trimap_total_width: bool = False,
        trimap_void: Void = "ignore",
        boundary: bool = False,
        boundary_ratio: float | None = None,
        boundary_px: int | None = None,
        boundary_f: bool | float | None = None,
        compat: str | None = None,
        repeats: str = "one",
        workers: int | None = None,
    ) -> None:
        check_choice("repeats", repeats, REPEATS)
        self._rules = Arguments(
            classes=classes,
            ignore=ignore,
            absent=absent,
            trimap=trimap,
            trimap_metric=trimap_metric,
            trimap_total_width=trimap_total_width,
            trimap_void=trimap_void,
            boundary=boundary,
            boundary_ratio=boundary_ratio,
            boundary_px=boundary_px,
            boundary_f=boundary_f,
            compat=compat,
        ).rules()
        self._workers = workers
        self._state = TableState(repeats)
        self._failure = None

    def __repr__(self) -> str:
        """One line: how much there is."""
        classes = counted(len(self._rules.plan.classes), "class", "classes")
        return f"LabelMapMetric({classes}: {counted(len(self), 'image')})"

    def update(self, image_ids: Any, preds: Any, targets: Any) -> None:
        """Take a batch of images.

        Args:
            image_ids: the id of each image: whole numbers, or text.
            preds: predicted ids of classes, an array (N, H, W), or a list of arrays (H, W) of
                numpy, torch or any other library.
            targets: true ones, of the same sizes. Either may also be the `Path` of a picture or
                `.npy` file for each image.

        Raises:
            InputError: for what cannot be used; the message names the image, and nothing of the
                batch was taken.
        """
        with self.remembered():
            self._state.add(self._counted(*on_host(image_ids, preds, targets)))

    def compute(self) -> MeanIoUResult:
        """The numbers of all images so far; more may come.

        Raises:
            MismatchError: if at least 95 % of the evaluated pixels are predicted as labels that are
                not evaluated.
        """
        started = time.perf_counter()
        statistics, files = _told_apart(self._tables())
        found = counted_result(
            statistics,
            self._rules.plan.classes,
            self._rules.settings(),
            files.counts(),
            None,
            names=NAMES,
            paths=NAMES,
            started=started,
        )
        return replace(found, notes=(*found.notes, *repeat_notes(self._state.seen())))

    @classmethod
    def from_bytes(cls, data: bytes, *, workers: int | None = None) -> LabelMapMetric:
        """The metric of the bytes of `to_bytes`; arguments and errors as `Metric.from_bytes`."""
        found = cls.__new__(cls)
        found._state, found._rules, found._failure = table_part.from_bytes(data, TASK, read_part)
        found._workers = workers
        return found

    def _counted(self, image_ids: Any, preds: Any, targets: Any) -> Tables:
        """Statistics of a batch."""
        keys = image_keys(image_ids)
        sides = []
        for name, given in (("preds", preds), ("targets", targets)):
            maps = given if isinstance(given, list | tuple) else array_of(given, f"`{name}`")
            if isinstance(given, str | bytes | Mapping) or not getattr(maps, "shape", True):
                raise wrong_type(given, name, "label map")
            check_length(maps, name, ("label map", "label maps"), len(keys))
            sides.append([
                each if isinstance(each, Path) else Place(key, name).picture(each)
                for key, each in zip(keys, maps, strict=True)
            ])  # fmt: skip
        pairs = [
            LabelPair(pred, gt, _named(pred, key, "preds"), _named(gt, key, "targets"), str(key))
            for key, pred, gt in zip(keys, *sides, strict=True)
        ]
        return self._of(pairs)

    def _of(self, pairs: Sequence[LabelPair]) -> Tables:
        """Statistics of pairs of label maps."""
        rules = self._rules
        counts = counted_pairs(pairs, rules, pairs, workers=self._workers)
        keys = [pair.key for pair in pairs]
        statistics = label_map_statistics(counts, keys, rules.plan, rules.asked)
        return {"statistics": statistics, "files": files_of(pairs, counts)}

    def _no_tables(self) -> Tables:
        return self._of([])

    def _part(self, tables: Tables) -> StatisticsPart:
        return part_of(*_told_apart(tables), self._rules, origin=NAMES, sample=None)


def _named(source: Source, key: Key, side: str) -> str:
    """The name of a label map in messages."""
    return str(source) if isinstance(source, Path) else f"image {shown_key(key)}: `{side}`"


def _told_apart(tables: Tables) -> tuple[LabelMapStatistics, LabelMapFiles]:
    """Statistics of label maps, and of their files."""
    statistics, files = tables["statistics"], tables["files"]
    if not isinstance(statistics, LabelMapStatistics) or not isinstance(files, LabelMapFiles):
        raise TypeError("a metric of label maps has other tables")
    return statistics, files
