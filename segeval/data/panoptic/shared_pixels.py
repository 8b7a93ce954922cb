"""Pixels shared by two sets of segments of one image, counted in one pass.

Ids are sparse, up to 2^24: a picture first becomes a map of places among the ids that the file
lists. Neighbours in a row mostly belong to one segment, so runs are counted, not pixels.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from segeval.errors import ShapeError
from segeval.frozen import frozen
from segeval.kernels.promise import kernel

VOID = 0
"""Place of pixels without a segment."""


@frozen(eq=False)
class SegmentMap:
    """Which segment each pixel of one image belongs to.

    Attributes:
        places: 0 for void, i + 1 for segment i, S + 1 for an unlisted id and, in maps of
            boundaries, S + 2 for what is not boundary; int32, shape (H, W).
        ids: the ids of the S segments, ascending, int64, shape (S,).
        has_void: False where pixels without a segment are background that everybody knows, instead
            of void, of which nothing is known.
    """

    places: NDArray[np.int32]
    ids: NDArray[np.int64]
    has_void: bool = True

    @property
    def unlisted(self) -> int:
        """Place of pixels with an unlisted id."""
        return len(self.ids) + 1

    @property
    def inside(self) -> int:
        """Place of pixels that are not boundary."""
        return len(self.ids) + 2


@frozen(eq=False)
class SharedPixels:
    """Pixels that each pair of places of two maps shares, without pairs that share none.

    Attributes:
        pred: place in the prediction's map, int64, shape (Q,).
        gt: place in the ground truth's map, int64, shape (Q,).
        pixels: int64, shape (Q,).
        has_void: whether pixels without a segment of the ground truth are void.
    """

    pred: NDArray[np.int64]
    gt: NDArray[np.int64]
    pixels: NDArray[np.int64]
    has_void: bool = True

    def totals(self, place: NDArray[np.int64], length: int) -> NDArray[np.int64]:
        """Pixels by place in one of the maps, int64, shape (length,)."""
        return _summed(place, self.pixels, length)

    def of_void(self, length: int) -> NDArray[np.int64]:
        """Pixels that each place of the prediction shares with the ground truth's void."""
        is_void = (self.gt == VOID) & self.has_void
        return _summed(self.pred[is_void], self.pixels[is_void], length)


def segment_map(
    picture: NDArray[np.int32], ids: NDArray[np.int64], *, has_void: bool = True
) -> SegmentMap:
    """The segments of a picture.

    Args:
        picture: the id of every pixel, int32, shape (H, W), contiguous; overwritten, because a
            fresh array would take longer than all the rest.
        ids: ids of the S segments, ascending, int64, shape (S,).
        has_void: whether pixels without a segment are void.
    """
    to_places(picture.reshape(-1), ids)
    return SegmentMap(picture, ids, has_void)


def shared_pixels(preds: SegmentMap, gt: SegmentMap) -> SharedPixels:
    """Pixels of every pair of segments of one image, by ascending place in gt, then in preds.

    Raises:
        ShapeError: if the maps differ in size.
    """
    if preds.places.shape != gt.places.shape:
        raise ShapeError(
            f"the maps have the shapes {preds.places.shape} and {gt.places.shape}, expected one.",
            code="size-differs",
        )
    width = len(preds.ids) + 3
    keys, pixels = counted_pairs(preds.places.ravel(), gt.places.ravel(), width)
    order = np.argsort(keys)
    keys = keys[order]
    return SharedPixels(keys % width, keys // width, pixels[order], gt.has_void)


def _summed(places: NDArray[np.int64], pixels: NDArray[np.int64], length: int) -> NDArray[np.int64]:
    """Whole numbers added by place."""
    totals = np.zeros(length, np.int64)
    np.add.at(totals, places, pixels)
    return totals


@kernel
def to_places(picture: NDArray[np.int32], ids: NDArray[np.int64]) -> None:
    """Turn ids (P,) into places: 0 for void, 1 + i for ids[i] of (S,), S + 1 otherwise.

    Assumes nothing of the ids in the picture; those of the file ascend.
    """
    start = 0
    while start < picture.size:
        wanted = picture[start]
        place = 0
        if wanted:
            low = 0
            high = ids.size
            while low < high:
                middle = (low + high) >> 1
                if ids[middle] < wanted:
                    low = middle + 1
                else:
                    high = middle
            is_listed = low < ids.size and ids[low] == wanted
            place = low + 1 if is_listed else ids.size + 1
        while start < picture.size and picture[start] == wanted:
            picture[start] = place
            start += 1


@kernel
def counted_pairs(
    preds: NDArray[np.int32], gt: NDArray[np.int32], width: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Distinct keys gt * width + pred of two maps (P,) and their pixels, unordered.

    The hash table is never more than half full; a run of one pair is looked up once.

    Assumes maps of one size, proven by `shared_pixels`, and places from `to_places`.
    """
    size = 256
    keys = np.full(size, -1, np.int64)
    pixels = np.zeros(size, np.int64)
    used = 0
    start = 0
    while start < gt.size:
        stop = start + 1
        while stop < gt.size and gt[stop] == gt[start] and preds[stop] == preds[start]:
            stop += 1
        key = np.int64(gt[start]) * width + preds[start]
        slot = slot_of(key, keys)
        if keys[slot] < 0:
            keys[slot] = key
            used += 1
        pixels[slot] += stop - start
        start = stop
        if 2 * used > size:
            size *= 4
            wider = np.full(size, -1, np.int64)
            moved = np.zeros(size, np.int64)
            for old in range(keys.size):
                if keys[old] >= 0:
                    slot = slot_of(keys[old], wider)
                    wider[slot] = keys[old]
                    moved[slot] = pixels[old]
            keys = wider
            pixels = moved
    found = np.empty(used, np.int64)
    counts = np.empty(used, np.int64)
    place = 0
    for slot in range(keys.size):
        if keys[slot] >= 0:
            found[place] = keys[slot]
            counts[place] = pixels[slot]
            place += 1
    return found, counts


@kernel
def slot_of(key: int, keys: NDArray[np.int64]) -> int:
    """Slot of a key in a table, or a free one for it: keys (a power of two,), -1 where free."""
    mask = keys.size - 1
    # Fibonacci hashing: the upper bits of a product spread neighbouring keys
    slot = ((key * 0x9E3779B1) >> 15) & mask
    while keys[slot] >= 0 and keys[slot] != key:
        slot = (slot + 1) & mask
    return slot
