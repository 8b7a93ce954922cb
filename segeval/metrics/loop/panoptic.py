"""`PanopticMetric`: panoptic quality that grows batch by batch."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.data.keys import Key
from segeval.errors import InputError
from segeval.host_batches import on_host
from segeval.metrics.choices import check_choice
from segeval.metrics.loop import table_part
from segeval.metrics.loop.batch_ids import check_dictionaries, image_keys
from segeval.metrics.loop.growing import TableMetric
from segeval.metrics.loop.images import repeat_notes
from segeval.metrics.loop.panoptic_images import segments_of
from segeval.metrics.loop.settings import REPEATS, categories_of, listed
from segeval.metrics.loop.tables import Tables, TableState
from segeval.metrics.panoptic.loading import loaded_pair
from segeval.metrics.panoptic.notes import FileNotes, panoptic_notes
from segeval.metrics.panoptic.parts.files import PanopticFiles, files_of
from segeval.metrics.panoptic.parts.layout import TASK, Origin, part_of, read_part
from segeval.metrics.panoptic.quality import (
    judged_images,
    rules_of_run,
    statistics_of,
)
from segeval.metrics.panoptic.result import PanopticResult
from segeval.metrics.panoptic.statistics import PanopticStatistics
from segeval.metrics.panoptic.summary import panoptic_scores
from segeval.metrics.parts.statistics_part import StatisticsPart
from segeval.words import counted

ORIGIN = Origin("predictions", "ground truth", "", "", FileNotes((), (), ()))


class PanopticMetric(TableMetric):
    """Panoptic quality of images that come in batches, in any order, on any number of processes.

    The numbers are those of `panoptic_quality` on the same images.

    Args:
        categories: all categories, dicts with "id", "name" and "isthing".
        iou: "segm", "boundary", or both.
        boundary_ratio: width of the boundary as a fraction of the image's diagonal, else 0.02.
        boundary_px: width of the boundary in pixels.
        repeats: what is done with an image that comes again, as in `Metric`.
        workers: threads, None for all cores.

    Raises:
        InputError: for arguments that make no sense.

    Example:
        >>> import numpy as np
        >>> from segeval import PanopticMetric
        >>> metric = PanopticMetric([{"id": 3, "name": "cat", "isthing": 1}])
        >>> cat = {
        ...     "segmentation": np.ones((4, 6), int),
        ...     "segments_info": [{"id": 1, "label_id": 3}],
        ... }
        >>> metric.update([139], [cat], [cat])
        >>> metric.compute().flat()["PQ"]
        1.0
    """

    _task = TASK

    def __init__(
        self,
        categories: Any,
        *,
        iou: str | Sequence[str] = "segm",
        boundary_ratio: float | None = None,
        boundary_px: int | None = None,
        repeats: str = "one",
        workers: int | None = None,
    ) -> None:
        check_choice("repeats", repeats, REPEATS)
        self._rules = rules_of_run(iou, boundary_ratio, boundary_px, None)
        categories = listed(categories)
        self._categories = categories_of(categories)
        self._is_thing = _are_things(categories)
        self._workers = workers
        self._state = TableState(repeats)
        self._failure = None

    def __repr__(self) -> str:
        """One line: how much there is."""
        categories = counted(len(self._categories), "category", "categories")
        return f"PanopticMetric({categories}: {counted(len(self), 'image')})"

    def update(self, image_ids: Any, preds: Sequence[Any], targets: Sequence[Any]) -> None:
        """Take a batch of images.

        Args:
            image_ids: the id of each image: whole numbers, or text.
            preds: of each image a dict as Hugging Face's models give it: "segmentation", the id of
                the segment of every pixel, (H, W), 0 or -1 for none; and "segments_info", a list of
                dicts with "id" and "category_id" (or "label_id").
            targets: the same, where segments may also have "iscrowd" and "area".

        Raises:
            InputError: for what cannot be used; the message names the image, and nothing of the
                batch was taken.
        """
        with self.remembered():
            image_ids, preds, targets = on_host(image_ids, preds, targets)
            keys = image_keys(image_ids)
            for name, given in (("preds", preds), ("targets", targets)):
                check_dictionaries(given, name, len(keys))
            self._state.add(self._judged(keys, preds, targets))

    def compute(self) -> PanopticResult:
        """The numbers of all images so far; more may come."""
        started = time.perf_counter()
        tables = self._tables()
        statistics, files = self._told_apart(tables)
        own = self._categories
        sides = {"preds": files.predicted, "gt": files.segments}
        inputs: dict[str, dict[str, Any]] = {
            side: {
                "path": getattr(ORIGIN, side),
                "count": int(column.sum(dtype=np.int64)),
                "images": len(column),
            }
            for side, column in sides.items()
        }
        inputs["gt"]["categories"] = len(own)
        notes = panoptic_notes(
            [], files.counts(own.id, own.keys), (ORIGIN.preds, ORIGIN.gt), lambda: ()
        )
        return PanopticResult(
            scores={kind: panoptic_scores(each) for kind, each in statistics.items()},
            inputs=inputs,
            settings=self._rules.settings(),
            notes=(*notes, *repeat_notes(self._state.seen())),
            seconds=time.perf_counter() - started,
            statistics=statistics,
            file_names=dict(zip(self._part(tables).keys, files.file_names.tolist(), strict=True)),
        )

    @classmethod
    def from_bytes(cls, data: bytes, *, workers: int | None = None) -> PanopticMetric:
        """The metric of the bytes of `to_bytes`; arguments and errors as `Metric.from_bytes`."""

        def read(path: Any) -> tuple[StatisticsPart, Any]:
            part, rules, categories = read_part(path)
            return part, (rules, categories, part.shared["table_of_categories"])

        found = cls.__new__(cls)
        found._state, kept, found._failure = table_part.from_bytes(data, TASK, read)
        found._rules, categories, table = kept
        columns = zip(table["ids"], table["names"], strict=True)
        found._categories = categories_of([{"id": key, "name": name} for key, name in columns])
        found._is_thing, found._workers = categories.is_thing, workers
        return found

    def _judged(self, keys: Sequence[Key], preds: Sequence[Any], targets: Sequence[Any]) -> Tables:
        """Statistics of a batch."""
        found, truth = (
            segments_of(given, keys, side, self._categories, self._is_thing)
            for given, side in ((preds, "preds"), (targets, "targets"))
        )
        found, truth = loaded_pair(found, truth, None, None)
        images = np.argsort(truth.image_id, kind="stable").tolist()
        judged = judged_images(found, truth, images, self._rules, self._workers, None)
        statistics = statistics_of(judged, images, truth, self._rules)
        of_images = next(iter(statistics.values())).keys
        return {**statistics, "files": files_of(found, truth, images, judged, of_images)}

    def _no_tables(self) -> Tables:
        return self._judged([], [], [])

    def _part(self, tables: Tables) -> StatisticsPart:
        return part_of(*self._told_apart(tables), self._rules, ORIGIN, None)

    def _told_apart(self, tables: Tables) -> tuple[dict[str, PanopticStatistics], PanopticFiles]:
        """Statistics by kind of IoU, and of the files."""
        files = tables["files"]
        found = {kind: tables[kind] for kind in self._rules.kinds}
        statistics = {
            kind: each for kind, each in found.items() if isinstance(each, PanopticStatistics)
        }
        if not isinstance(files, PanopticFiles) or len(statistics) < len(found):
            raise TypeError("a metric of panoptic images has other tables")
        return statistics, files


def _are_things(categories: Sequence[Any]) -> NDArray[np.bool_]:
    """Which categories are countable, bool, shape (K,)."""
    kinds = [each.get("isthing") if isinstance(each, Mapping) else None for each in categories]
    if not all(isinstance(kind, int | np.integer | np.bool_) and kind in (0, 1) for kind in kinds):
        raise InputError(
            '`categories` must say which are things: {"id": 3, "name": "cat", "isthing": 1}.',
            code="isthing",
            option="categories",
        )
    return np.array(kinds, np.bool_)
