"""Which numbers an AP evaluation of one kind of IoU has, and how they follow from its curves."""

from __future__ import annotations

from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from segeval.analysis.key_paths import KeyPath
from segeval.analysis.resampling.ap_caps import caps_with_recall
from segeval.analysis.resampling.ap_pool import pool_groups
from segeval.data.keys import written
from segeval.frozen import frozen
from segeval.metrics.coco.matches import Matches
from segeval.metrics.coco.scores import MEANS, Scores


@frozen(eq=False)
class APNumbers:
    """The numbers of one kind of IoU, in the order of its JSON.

    A curve is that of category k in bucket a; its values are `MEANS`: AP, AP50, AP75 and AR.

    Attributes:
        matches: those of the evaluation.
        with_pool: whether AP-pool is among them.
    """

    matches: Matches
    with_pool: bool = False

    @property
    def _buckets(self) -> int:
        return len(self.matches.buckets)

    @property
    def _categories(self) -> int:
        return len(self.matches.category_ids)

    @cached_property
    def ids(self) -> tuple[int | str, ...]:
        """The K categories as JSON names them."""
        return tuple(written(self.matches.category_ids, self.matches.category_keys))

    @cached_property
    def paths(self) -> tuple[KeyPath, ...]:
        """Where each of the m numbers is in JSON, below the kind of IoU."""
        names = [bucket.name for bucket in self.matches.buckets]
        found: list[KeyPath] = list(zip(MEANS))
        found += [("sizes", name, key) for name in names[1:] for key in MEANS]
        for own in self.ids:
            found += [("categories", own, key) for key in MEANS]
            found += [("categories", own, "ap_by_size", name) for name in names[1:]]
        groups = self.matches.frequency_groups
        found += [("frequencies", name, key) for name in groups for key in ("ap", "ar")]
        found += [("ar_by_max_dets", str(cap)) for cap in self.caps]
        found += [("pool", name) for name in pool_groups(self.matches) if self.with_pool]
        return tuple(found)

    @cached_property
    def caps(self) -> tuple[int, ...]:
        """The caps at which there is an AR, the largest last."""
        return caps_with_recall(self.matches)

    @cached_property
    def images_with(self) -> NDArray[np.int64]:
        """Number of images that have counted ground truth for each number, int64, shape (m,)."""
        image, category = self.matches.gt_image, self.matches.gt_category
        overall, by_category = [], np.zeros((self._buckets, self._categories), np.int64)
        for bucket, counted in enumerate(self.matches.gt_counted):
            pairs = np.unique(category[counted].astype(np.int64) << 32 | image[counted])
            by_category[bucket] = np.bincount(pairs >> 32, minlength=self._categories)
            overall += [len(np.unique(image[counted]))] * len(MEANS)
        own = np.concatenate(
            [np.repeat(by_category[:1].T, len(MEANS), axis=1), by_category[1:].T], 1
        )
        frequencies: list[int] = []
        counted = self.matches.gt_counted[0]
        for places in self.matches.frequency_groups.values():
            rows = counted & np.isin(category, places)
            frequencies += [len(np.unique(image[rows]))] * 2
        at_caps = overall[:1] * len(self.caps)
        pool = [overall[0], *frequencies[::2]] if self.with_pool else []
        rest = [*frequencies, *at_caps, *pool]
        return np.concatenate([overall, own.ravel(), rest]).astype(np.int64)

    def of_scores(self, scores: Scores) -> NDArray[np.float64]:
        """The numbers as the evaluation has them, NaN where undefined, float64, shape (m,)."""
        found = [getattr(size, key) for size in (scores.overall, *scores.sizes) for key in MEANS]
        for category in scores.categories:
            found += [getattr(category, key) for key in MEANS]
            found += category.ap_by_size.values()
        for group in scores.frequencies:
            found += [group.ap, group.ar]
        found += [scores.ar_by_max_dets[str(cap)] for cap in self.caps]
        found += (scores.pool or {}).values()
        return np.array(found, np.float64)

    def of_curves(
        self,
        curves: NDArray[np.float64],
        recall: NDArray[np.float64] | None = None,
        pool: NDArray[np.float64] | None = None,
    ) -> NDArray[np.float64]:
        """The numbers of some replicates from the values of every curve.

        Args:
            curves: AP, AP50, AP75 and AR of category k in bucket a, NaN where undefined, float64,
                shape (A, K, 4, r).
            recall: AR of category k under each cap but the largest, like curves, float64,
                shape (K, D, r); None if there is one cap.
            pool: AP-pool of every group, like curves, float64, shape (G, r); None if it was not
                asked for.

        Returns:
            float64, shape (r, m).
        """
        buckets, categories, means, replicates = curves.shape
        overall = _mean_of_defined(curves.transpose(1, 0, 2, 3)).reshape(-1, replicates)
        own = np.concatenate([curves[0], curves[1:, :, 0].transpose(1, 0, 2)], axis=1)
        groups = [
            _mean_of_defined(curves[0, places])[[0, means - 1]]
            for places in self.matches.frequency_groups.values()
        ]
        own = own.reshape(categories * (means + buckets - 1), replicates)
        at_caps = [] if recall is None else [_mean_of_defined(recall)]
        pooled = [] if pool is None else [pool]
        largest = overall[means - 1 : means]
        return np.concatenate([overall, own, *groups, *at_caps, largest, *pooled]).T


def _mean_of_defined(curves: NDArray[np.float64]) -> NDArray[np.float64]:
    """The mean over the first axis of what is not NaN; NaN where nothing is."""
    is_defined = ~np.isnan(curves)
    sums = np.where(is_defined, curves, 0.0).sum(axis=0)
    with np.errstate(invalid="ignore"):
        means: NDArray[np.float64] = sums / is_defined.sum(axis=0)
    return means
