"""What lies inside of what: how often objects of a category are surrounded by another one."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.data import GroundTruth
from segeval.data.ids import edges_of
from segeval.data.keys import Key
from segeval.errors import InputError
from segeval.frozen import frozen
from segeval.kernels.threads import map_slices
from segeval.rescore.statistics.around import Outlines, count_surrounded
from segeval.rescore.statistics.contents import Contents, contents_of
from segeval.rescore.statistics.outlines import Iou, outlines_of_objects
from segeval.words import counted

TAU = 0.9
"""Share of an object that must lie inside of a larger one."""

MIN_OBJECTS = 20
MIN_SHARE = 0.5
MIN_LIFT = 2.0


@frozen(eq=False, repr=False)
class Surround:
    """Objects of C categories inside of others, in the images of a data set.

    Rows of all tables are the category around, columns the one inside.

    Attributes:
        categories: their ids as written, in ascending order.
        names: their names, "" where there is none.
        source: name of the ground truth.
        images: number of images.
        inside: objects of the second category that one of the first surrounds, int64, (C, C).
        around: objects of the first category that surround one of the second, int64, (C, C).
        objects: objects of the second category in images where it is known whether the first is
            present, int64, (C, C). Without federated annotation that is all of them.
        inside_by_chance: share of the objects of the second category that one of the first would
            surround in another image of both categories, float64, (C, C); NaN if no two images have
            both.
        around_by_chance: share of the objects of the first category that would surround one of the
            second, likewise.
        tau: share of an object that must lie inside.
        iou: "bbox" or "segm".
    """

    categories: tuple[Key, ...]
    names: tuple[str, ...]
    source: str
    images: int
    inside: NDArray[np.int64]
    around: NDArray[np.int64]
    objects: NDArray[np.int64]
    inside_by_chance: NDArray[np.float64]
    around_by_chance: NDArray[np.float64]
    tau: float = TAU
    iou: Iou = "bbox"

    def __repr__(self) -> str:
        """One line: where it comes from."""
        kinds = counted(len(self.categories), "category", "categories")
        return f"Surround({self.source}: {kinds}, {counted(self.images, 'image')})"

    @property
    def p_in(self) -> NDArray[np.float64]:
        """`[a, b]`: share of objects of b inside an a, shape (C, C); NaN where there is no b."""
        return _ratio(self.inside, self.objects)

    @property
    def p_out(self) -> NDArray[np.float64]:
        """`[a, b]`: share of objects of a around a b, shape (C, C); NaN where there is no a."""
        return _ratio(self.around, self.objects.T)

    @property
    def lift(self) -> NDArray[np.float64]:
        """How many times more often b is inside a than by chance, shape (C, C); NaN if unknown."""
        return _ratio(self.p_in, self.inside_by_chance)

    def valid(
        self,
        *,
        min_objects: int = MIN_OBJECTS,
        min_share: float = MIN_SHARE,
        min_lift: float = MIN_LIFT,
    ) -> NDArray[np.bool_]:
        """Which pairs say something, bool, shape (C, C).

        Args:
            min_objects: objects of the category inside that a pair needs.
            min_share: share of them that must be surrounded.
            min_lift: how many times more often that must be than by chance.
        """
        enough = (self.objects >= min_objects) & (np.nan_to_num(self.p_in) >= min_share)
        return np.asarray(enough & (np.nan_to_num(self.lift, posinf=np.inf) >= min_lift))

    def to_dict(self) -> dict[str, Any]:
        """The pairs that occur, as plain values."""
        pairs = np.argwhere(self.inside > 0).tolist()
        return {
            "categories": list(self.categories),
            "images": self.images,
            "tau": self.tau,
            "iou": self.iou,
            "pairs": [
                {
                    "around": self.categories[a],
                    "inside": self.categories[b],
                    "objects": int(self.objects[a, b]),
                    "p_in": _plain(self.p_in[a, b]),
                    "p_in_by_chance": _plain(self.inside_by_chance[a, b]),
                    "p_out": _plain(self.p_out[a, b]),
                    "p_out_by_chance": _plain(self.around_by_chance[a, b]),
                }
                for a, b in pairs
            ],
        }


def surround_statistics(
    gt: GroundTruth, tau: float = TAU, *, iou: Iou = "bbox", workers: int | None = None
) -> Surround:
    """Count how often an object of one category lies inside of an object of another.

    An object is surrounded by a larger one that holds at least a share `tau` of its area. The level
    of chance is the same count with the objects inside taken from the next image that has both
    categories, in the order of their ids (with masks: of the same size). Crowd regions are left
    out. Of federated data only images count where it is verified whether the other category is
    present.

    Args:
        gt: ground truth of images like those that predictions are made for.
        tau: share of the object inside, above 0 to 1.
        iou: "bbox" compares boxes, "segm" masks.
        workers: threads, None for all cores.

    Raises:
        InputError: for a share out of its range, or ground truth without categories.
        FormatError: for an object without box and mask, or a mask that is malformed.

    Source:
        Open Images paper (arXiv 2003.07557), section 5.8 and figure 3, which give no formula.

    Example:
        >>> from segeval.data import load_ground_truth
        >>> boxes = [(1, [0, 0, 100, 60]), (2, [10, 40, 20, 20]), (2, [90, 40, 20, 20])]
        >>> gt = load_ground_truth(
        ...     {
        ...         "images": [{"id": 1}],
        ...         "categories": [{"id": 1, "name": "bicycle"}, {"id": 2, "name": "wheel"}],
        ...         "annotations": [
        ...             {
        ...                 "id": n,
        ...                 "image_id": 1,
        ...                 "category_id": k,
        ...                 "bbox": box,
        ...                 "area": 1,
        ...                 "iscrowd": 0,
        ...             }
        ...             for n, (k, box) in enumerate(boxes)
        ...         ],
        ...     }
        ... )
        >>> found = surround_statistics(gt)
        >>> float(found.p_in[0, 1]), float(found.p_out[0, 1])  # of two wheels one is inside
        (0.5, 1.0)
    """
    return surround_in(gt, contents_of(gt), tau, iou=iou, workers=workers)


def surround_in(
    gt: GroundTruth,
    contents: Contents,
    tau: float = TAU,
    *,
    iou: Iou = "bbox",
    workers: int | None = None,
) -> Surround:
    """The counts of `surround_statistics` in some images; arguments and errors as there."""
    check_tau(tau)
    contents = contents.without(gt.is_crowd)
    outlines = outlines_of_objects(gt, contents.rows, iou)
    sizes = _sizes(gt, contents) if iou == "segm" else None
    number = len(contents.categories)
    inside, around, moved_in, moved_out, still, moves = (
        np.zeros((number, number), np.int64) for _ in range(6)
    )

    def of_slice(start: int, stop: int) -> None:
        for outer in range(start, stop):
            pairs = _Pairs.of(contents, outer, sizes)
            for inner, tables in (
                (pairs.inner, (inside, around)), (pairs.elsewhere, (moved_in, moved_out)),
            ):  # fmt: skip
                counts = pairs.counted(contents, outlines, tau, inner)
                for table, count in zip(tables, counts, strict=True):
                    table[outer] = np.bincount(pairs.category, count, number)
            alone = np.where(pairs.is_alone, contents.objects[pairs.inner], 0)
            still[outer] = np.bincount(pairs.category, alone, number)
            moves[outer] = np.bincount(pairs.category, ~pairs.is_alone, number)

    map_slices(of_slice, number, workers, least=1)
    objects = _objects_where_known(contents)
    unknown = np.where((moves == 0) & (still > 0), np.nan, 1.0)  # one image has both
    return Surround(
        categories=contents.categories,
        names=contents.names,
        source=contents.source,
        images=contents.images,
        inside=inside,
        around=around,
        objects=objects,
        inside_by_chance=_ratio(moved_in, objects - still) * unknown,
        around_by_chance=_ratio(moved_out, (objects - still).T) * unknown,
        tau=tau,
        iou=iou,
    )


@frozen(eq=False)
class _Pairs:
    """P pairs of cells of one image, image by image; the first is of one category.

    Attributes:
        outer: cell of the category around, int64, shape (P,).
        inner: cell of another category, int64, shape (P,).
        elsewhere: the cell of that category in the next image that has both, int64, shape (P,).
        is_alone: whether no other image has both, bool, shape (P,).
        category: of the inner cell, int64, shape (P,).
    """

    outer: NDArray[np.int64]
    inner: NDArray[np.int64]
    elsewhere: NDArray[np.int64]
    is_alone: NDArray[np.bool_]
    category: NDArray[np.int64]

    @classmethod
    def of(cls, contents: Contents, outer: int, sizes: NDArray[np.int64] | None) -> _Pairs:
        """The pairs with a category outside.

        Args:
            contents: what is in each image.
            outer: the category.
            sizes: number of the size of each image, if objects are moved to images of equal size
                alone.
        """
        cells = contents.cells_of(outer)
        own, beside = contents.beside(cells)
        other = contents.category[beside] != outer
        own, beside = cells[own[other]], beside[other]
        narrow = np.min_scalar_type(len(contents.categories))  # 16 bits are sorted faster
        keys = contents.category[beside].astype(narrow)
        order = np.argsort(keys, kind="stable")
        if sizes is not None:
            order = np.lexsort((sizes[contents.image[beside]], keys))
        ordered = beside[order]
        edges = edges_of(contents.category[ordered])
        if sizes is not None:
            edges = np.union1d(edges, edges_of(sizes[contents.image[ordered]]))
        following = np.arange(1, len(beside) + 1)
        following[edges[1:] - 1] = edges[:-1]
        elsewhere, is_alone = np.empty_like(beside), np.empty(len(beside), np.bool_)
        elsewhere[order] = ordered[following]
        is_alone[order] = following == np.arange(len(beside))
        return cls(own, beside, elsewhere, is_alone, contents.category[beside])

    def counted(
        self, contents: Contents, outlines: Outlines, tau: float, inner: NDArray[np.int64]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Objects inside and around of each pair, with other inner cells than its own or not."""
        inside, around = (np.zeros(len(inner), np.int64) for _ in range(2))
        taken = np.zeros(contents.most_objects, np.bool_)
        count_surrounded(self.outer, inner, contents.edges, outlines, tau, taken, inside, around)
        if inner is self.elsewhere:
            inside[self.is_alone] = around[self.is_alone] = 0
        return inside, around


def check_tau(tau: float) -> None:
    """Refuse a share that is none.

    Raises:
        InputError: for a number that is not above 0, or beyond 1.
    """
    if not 0 < tau <= 1:
        raise InputError(
            f"`tau` is {tau:g}, expected a number above 0 and up to 1", code="tau", option="tau"
        )


def _sizes(gt: GroundTruth, contents: Contents) -> NDArray[np.int64]:
    """A number for the size of the masks of each image, int64, shape (I,)."""
    found = np.zeros(contents.images, np.int64)
    own = gt.masks.sizes[contents.rows].astype(np.int64) @ np.array([1 << 32, 1])
    full = contents.objects > 0
    found[contents.image[full]] = own[contents.edges[:-1][full]]
    return found


def _objects_where_known(contents: Contents) -> NDArray[np.int64]:
    """`[a, b]`: objects of b in images where it is known whether a is present, int64, (C, C)."""
    number = len(contents.categories)
    if contents.verified is None:
        total = np.bincount(contents.category, contents.objects, number).astype(np.int64)
        return np.tile(total, (number, 1))
    found = np.zeros((number, number), np.int64)
    for inner in range(number):
        cells = contents.cells_of(inner)
        place, told = contents.verified_beside(cells)
        found[:, inner] = np.bincount(told, contents.objects[cells][place], number)
    return found


def _ratio(part: NDArray[Any], whole: NDArray[Any]) -> NDArray[np.float64]:
    """Quotients, NaN for 0 / 0 and infinite for others by 0."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(part / whole)


def _plain(value: np.float64) -> float | None:
    """A number, or None if it is undefined."""
    return float(value) if np.isfinite(value) else None
