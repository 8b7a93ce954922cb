"""How models do on ground truth, on all of its images and on any part of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from segeval.analysis.folds import FOLDS, dealt
from segeval.data.label_maps.classes import LabelClasses
from segeval.ensemble.label_maps.inputs import ModelMaps, TrueMaps
from segeval.ensemble.weighing.worth import Worth
from segeval.errors import InputError
from segeval.frozen import frozen
from segeval.kernels.threads import OnProgress
from segeval.metrics.semantic.arguments import Rules
from segeval.metrics.semantic.mean_iou import evaluated_pairs
from segeval.metrics.semantic.one_image import ImageCounts, Plan
from segeval.metrics.semantic.result import MeanIoUResult
from segeval.metrics.semantic.statistics import GT, LabelMapStatistics, label_map_statistics
from segeval.metrics.semantic.summary import mean_iou_scores

Images = NDArray[np.bool_] | None
"""Which images decide, in the order of the ground truth, shape (I,); None for all of them."""


@frozen(eq=False)
class Evidence:
    """How M models do on ground truth of I images.

    Attributes:
        results: evaluation of each model, with the images in the order of the ground truth.
        source: of the ground truth.
        plan: what is counted.
    """

    results: Sequence[MeanIoUResult]
    source: str
    plan: Plan

    @classmethod
    def of(
        cls,
        maps: ModelMaps,
        models: Sequence[int],
        gt: TrueMaps,
        classes: LabelClasses,
        workers: int | None,
        on_progress: OnProgress | None = None,
    ) -> Evidence:
        """Evaluate models.

        Args:
            maps: label maps of the models.
            models: places of those to evaluate.
            gt: ground truth of some of their images.
            classes: classes of the run.
            workers: threads, None for all cores.
            on_progress: called with the number of label maps done, and of all.

        Raises:
            InputError: if no pixel is of a class.
            FormatError: for a file that is not a label map, or a label that is not a class.
            MismatchError: for files of different sizes.
        """
        plan = Plan(classes)
        images, total = len(gt.files), len(models) * len(gt.files)
        found = []
        for turn, model in enumerate(models):

            def tell(done: int, _: int, before: int = turn * images) -> None:
                if on_progress is not None:
                    on_progress(before + done, total)

            names = maps.names[model], gt.source
            pairs = gt.pairs(maps, model)
            found.append(
                evaluated_pairs(pairs, Rules(plan), names, workers=workers, on_progress=tell)
            )
        if any(each.miou is None for each in found):
            raise InputError(
                f"{gt.source}: no pixel is of a class, so that no model has a mean IoU there. "
                "Does `classes` fit?",
                code="no-pixels",
                path=gt.source,
                option="classes",
            )
        return cls(found, gt.source, plan)

    def worth(self, images: Images = None) -> Worth:
        """What each model is worth on some of the images."""
        statistics = [each.statistics for each in self.results]
        if images is not None:
            statistics = [each.take(images) for each in statistics]
        scores = [mean_iou_scores(each) for each in statistics]
        first = statistics[0]
        has_class = first.pixels[:, :, GT].any(axis=1)
        return Worth(
            overall=np.array([np.nan if each.miou is None else each.miou for each in scores]),
            split=self.source,
            categories=tuple(first.category_id.tolist()),
            by_class=np.array(
                [
                    [np.nan if one.iou is None else one.iou for one in each.categories]
                    for each in scores
                ]
            ),
            n_gt=np.bincount(first.category[has_class], minlength=len(first.category_id)),
        )

    def best(self, images: Images = None) -> int:
        """Index of the model that is the best on some images."""
        return int(np.argmax(np.nan_to_num(self.worth(images).overall, nan=-1.0)))

    def folds(self, folds: int = FOLDS) -> NDArray[np.int64]:
        """The fold of each image, int64, shape (I,); classes are spread evenly."""
        own = self.results[0].statistics
        image = np.repeat(np.arange(len(own)), np.diff(own.offsets))
        has_class = own.pixels[:, :, GT].any(axis=1)
        return dealt(
            image[has_class], own.category[has_class].astype(np.int64), np.ones(len(own), np.int64),
            min(folds, len(own)),
        )  # fmt: skip

    def chosen(self, model: NDArray[np.int64]) -> MeanIoUResult:
        """The result with the label maps of another model for each image (I,)."""
        parts = [each.statistics.take(model == place) for place, each in enumerate(self.results)]
        return self._with(LabelMapStatistics.merge(parts), "best single model")

    def counted(self, counts: Sequence[ImageCounts], name: str) -> MeanIoUResult:
        """The result of other label maps of the same images, counted one by one.

        Args:
            counts: of each image, in the order of the ground truth.
            name: of the label maps.
        """
        keys = self.results[0].statistics.keys
        return self._with(label_map_statistics(counts, keys, self.plan, ()), name)

    def _with(self, statistics: LabelMapStatistics, name: str) -> MeanIoUResult:
        """The result of other label maps of the same images."""
        first = self.results[0]
        return replace(
            first,
            scores=mean_iou_scores(statistics),
            inputs={**first.inputs, "preds": {"path": name, "count": len(statistics)}},
            notes=(),
            statistics=statistics,
        )
