"""AP-pool, the predictions of many categories in one ranking, for other weights of the images."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.analysis.resampling.ap_columns import CapOrder, Columns, Judged, make_columns
from segeval.analysis.resampling.weighted_precision import LANES, capped_copies
from segeval.frozen import frozen
from segeval.metrics.coco.matches import Matches


@frozen(eq=False)
class Pool:
    """The curves of G groups of categories, of one model or of two by rank.

    Attributes:
        columns: predictions that decide them.
        groups: places of the categories of each group.
        judged: number of judged predictions.
        cap: as in `Judged`; under a cap over the whole set, sources are judged predictions.
    """

    columns: Columns
    groups: tuple[NDArray[np.intp], ...]
    judged: int
    cap: CapOrder | None

    def values(
        self, weights: NDArray[np.integer[Any]], positives: NDArray[np.int64]
    ) -> NDArray[np.float64]:
        """AP-pool of each group, NaN where undefined, float64, shape (G, LANES).

        Args:
            weights: copies of each source, uint8 or int64, shape (S, LANES).
            positives: counted ground truths of each category, int64, shape (K, LANES).
        """
        kept = weights
        if self.cap is not None:
            kept = np.zeros((self.judged, LANES), weights.dtype)
            capped_copies(
                self.cap.source, self.cap.row, self.cap.offsets, 0, self.cap.limit, weights, kept
            )
        of_groups = np.stack([positives[group].sum(axis=0) for group in self.groups])
        return self.columns.values(kept, of_groups)[0, :, 0]


def pool_groups(matches: Matches) -> dict[str, NDArray[np.intp]]:
    """Places of the categories that are ranked together, by name of the group."""
    return {"all": np.arange(len(matches.category_ids)), **matches.frequency_groups}


def make_pool(matches: Matches, judged: Judged, has_gt: NDArray[np.bool_]) -> Pool:
    """The curves of AP-pool.

    Args:
        matches: of a model, for categories and thresholds.
        judged: its predictions, or those of two models by rank, with their ranks in the pool.
        has_gt: whether each category has counted ground truth, bool, shape (K,).
    """
    ranks = np.zeros(0, np.int64) if judged.rank is None else judged.rank
    category = np.repeat(np.arange(len(has_gt)), np.diff(judged.offsets))
    model, image = np.divmod(judged.source, len(matches.image_ids) + 1)
    order = np.lexsort((model, image, ranks))
    groups = tuple(pool_groups(matches).values())
    rows = [order[np.isin(category[order], group)] for group in groups]
    every = np.concatenate(rows)
    sources = judged.source[every] if judged.cap is None else every
    pooled = Judged(
        judged.matched_bits[:1, every],
        judged.ignored_bits[:1, every],
        sources.astype(np.int32),
        np.concatenate([[0], np.cumsum([len(own) for own in rows])]).astype(np.int64),
        None,
    )
    defined = np.array([[has_gt[group].any() for group in groups]])
    columns = make_columns(pooled, defined, matches.thresholds)
    return Pool(columns, groups, len(judged.source), judged.cap)
