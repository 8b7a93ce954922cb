"""What is in each image: its objects by category, and of which categories that is known."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from segeval.data import GroundTruth
from segeval.data.ids import distinct, index_of
from segeval.data.keys import Key
from segeval.errors import InputError
from segeval.frozen import frozen
from segeval.limits import check_limit
from segeval.words import counted


@frozen(eq=False)
class Contents:
    """M objects in T cells, each an image with a category that is present there.

    Attributes:
        categories: ids of C categories as written, in ascending order.
        names: their names, "" where there is none.
        source: name of the ground truth.
        images: number of images I, with and without objects.
        rows: rows of the objects in the ground truth, by image and category, int64, shape (M,).
        image: of each cell, ascending, int64, shape (T,).
        category: of each cell, ascending in an image, int64, shape (T,).
        edges: cell t has the objects `rows[edges[t]:edges[t + 1]]`, int64, shape (T + 1,); none
            where an image is listed as having the category and no object is annotated.
        verified: image * C + category wherever it is known whether the category is present, int64,
            ascending; None where that is known everywhere.
    """

    categories: tuple[Key, ...]
    names: tuple[str, ...]
    source: str
    images: int
    rows: NDArray[np.int64]
    image: NDArray[np.int64]
    category: NDArray[np.int64]
    edges: NDArray[np.int64]
    verified: NDArray[np.int64] | None

    @cached_property
    def objects(self) -> NDArray[np.int64]:
        """Number of objects of each cell, int64, shape (T,)."""
        return np.diff(self.edges)

    @cached_property
    def most_objects(self) -> int:
        """Objects of the largest cell."""
        return int(self.objects.max(initial=0))

    @cached_property
    def starts(self) -> NDArray[np.int64]:
        """Image i has the cells `starts[i]:starts[i + 1]`, int64, shape (I + 1,)."""
        return np.searchsorted(self.image, np.arange(self.images + 1))

    @cached_property
    def verified_starts(self) -> NDArray[np.int64]:
        """Image i has `verified[starts[i]:starts[i + 1]]`, int64, shape (I + 1,)."""
        verified = np.zeros(0, np.int64) if self.verified is None else self.verified
        return np.searchsorted(verified, np.arange(self.images + 1) * len(self.categories))

    @cached_property
    def _by_category(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Cells by category, and where those of each begin."""
        order = np.argsort(self.category, kind="stable")
        return order, np.searchsorted(self.category[order], np.arange(len(self.categories) + 1))

    def cells_of(self, category: int) -> NDArray[np.int64]:
        """The cells of a category, by image, int64, shape (k,)."""
        order, starts = self._by_category
        return order[starts[category] : starts[category + 1]]

    def beside(self, cells: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """The cells in the images of some cells, those themselves included.

        Args:
            cells: places of k cells, shape (k,).

        Returns:
            For each pair the place in `cells`, and the other cell, both int64, of one length.
        """
        return spans(self.starts, self.image[cells])

    def verified_beside(
        self, cells: NDArray[np.int64]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """The categories that are verified in the images of some cells; none where all are known.

        Args:
            cells: places of k cells, shape (k,).

        Returns:
            For each pair the place in `cells`, and the category, both int64, of one length.
        """
        verified = np.zeros(0, np.int64) if self.verified is None else self.verified
        number, places = spans(self.verified_starts, self.image[cells])
        return number, verified[places] % len(self.categories)

    def without(self, left_out: NDArray[np.bool_]) -> Contents:
        """The same without some objects; cells and what is verified stay.

        Args:
            left_out: for each row of the ground truth.
        """
        kept = ~left_out[self.rows]
        ends = np.concatenate([[0], np.cumsum(kept)])
        return replace(self, rows=self.rows[kept], edges=ends[self.edges])


def contents_of(gt: GroundTruth, images: NDArray[np.bool_] | None = None) -> Contents:
    """The objects of a ground truth by image and category, crowd regions included.

    Args:
        gt: ground truth.
        images: which images count, bool, one for each in its order; None for all.

    Raises:
        InputError: for ground truth without categories.
    """
    order = np.argsort(gt.categories.id, kind="stable")
    ids = gt.categories.id[order]
    if not len(ids):
        raise InputError(f"{gt.source}: has no categories", code="no-categories", path=gt.source)
    check_pairs(len(ids), gt.source)
    image_ids = distinct(gt.images.id if images is None else gt.images.id[images])
    image, category = index_of(gt.image_id, image_ids), index_of(gt.category_id, ids)
    own = np.flatnonzero((image >= 0) & (category >= 0))
    keys = image[own].astype(np.int64) * len(ids) + category[own]
    by = np.argsort(keys, kind="stable")
    negative, partial = (_listed(gt, place, image_ids, ids) for place in (0, 1))
    cells = distinct(np.concatenate([keys, partial]))
    written, names = gt.categories.written_ids, gt.categories.names
    is_federated = gt.images.negative is not None
    return Contents(
        categories=tuple(written[place] for place in order.tolist()),
        names=tuple(names[place] for place in order.tolist()),
        source=gt.source,
        images=len(image_ids),
        rows=own[by],
        image=cells // len(ids),
        category=cells % len(ids),
        edges=np.append(np.searchsorted(keys[by], cells), len(keys)),
        verified=distinct(np.concatenate([cells, negative])) if is_federated else None,
    )


def check_pairs(categories: int, source: str) -> None:
    """Refuse more categories than a table of all pairs may have.

    Raises:
        FormatError: names the limit.
    """
    found = f"has {counted(categories, 'category', 'categories')}, and so {categories**2:,} pairs"
    check_limit("category_pairs", categories**2, found, source=source)


def spans(
    starts: NDArray[np.int64], which: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Spans end to end: for each place in one its number in `which`, and the place, both int64.

    Example:
        >>> spans(np.array([0, 2, 5]), np.array([1, 0]))
        (array([0, 0, 0, 1, 1]), array([2, 3, 4, 0, 1]))
    """
    lengths = starts[which + 1] - starts[which]
    number = np.repeat(np.arange(len(which)), lengths)
    shift = starts[which] - (np.cumsum(lengths) - lengths)
    return number, np.arange(len(number)) + shift[number]


def _listed(
    gt: GroundTruth, place: int, image_ids: NDArray[np.int64], ids: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Numbers of image and category in one of the lists of federated annotation, int64."""
    one = gt.images.lists[place]
    if one is None or gt.images.negative is None:
        return np.zeros(0, np.int64)
    image = np.repeat(index_of(gt.images.id, image_ids), np.diff(one.offsets)).astype(np.int64)
    category = index_of(one.ids, ids)
    known = (image >= 0) & (category >= 0)
    return image[known] * len(ids) + category[known]
