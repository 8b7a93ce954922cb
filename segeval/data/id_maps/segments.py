"""Folders of id maps as panoptic segments of one category, whose pictures stay on the disk."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray

from segeval.data.columns import Categories, Images
from segeval.data.id_maps.folders import IdMap, IdMapPair, id_map_pairs, left_out
from segeval.data.id_maps.objects import CATEGORY, CATEGORY_NAME
from segeval.data.panoptic.columns import PanopticSegments
from segeval.kernels.threads import OnProgress, in_order

Counted = tuple[NDArray[np.int64], NDArray[np.int64], tuple[int, int]]
"""The ids of the objects of one map, their pixels, shape (n,) each, and (H, W)."""

FEW = 1 << 20
"""Largest id whose pixels are counted in a table."""


class MapsOnDisk(Sequence[NDArray[np.int32]]):
    """Id maps that are read whenever one is asked for."""

    def __init__(self, maps: Sequence[IdMap]) -> None:
        self._maps = tuple(maps)

    def __len__(self) -> int:
        return len(self._maps)

    @overload
    def __getitem__(self, place: int) -> NDArray[np.int32]: ...

    @overload
    def __getitem__(self, place: slice) -> MapsOnDisk: ...

    def __getitem__(self, place: int | slice) -> NDArray[np.int32] | MapsOnDisk:
        """The ids of one image, int32, shape (H, W), as a new array; or several images."""
        if isinstance(place, slice):
            return MapsOnDisk(self._maps[place])
        return self._maps[place].read().astype(np.int32)


def id_map_segments(
    preds: str | Path,
    gt: str | Path,
    *,
    workers: int | None = None,
    on_progress: OnProgress | None = None,
) -> tuple[PanopticSegments, PanopticSegments]:
    """The objects of two folders of id maps as segments of the one category "object", a thing.

    Pixels of 0 are background, not void.

    Args:
        preds: folder of the predictions, or one file, as in `id_map_pairs`.
        gt: the same of the ground truth. Image i has the id i + 1 in both.
        workers: threads, None for all cores.
        on_progress: called with the number of images read, and of all.

    Returns:
        The predictions and the ground truth. The maps are read once to list their ids, and again
        when their pictures are asked for.

    Raises:
        InputError: for folders without such files.
        FormatError: for a file that holds no ids.
        MismatchError: for files that do not belong together.
    """
    pairs = id_map_pairs(preds, gt)
    both = list(in_order(_counted_pair, pairs, workers, on_progress=on_progress))
    return (
        _segments([pair.pred for pair in pairs], [one for one, _ in both], preds),
        _segments([pair.gt for pair in pairs], [one for _, one in both], gt),
    )


def _counted_pair(pair: IdMapPair) -> tuple[Counted, Counted]:
    """The objects of both maps of one image."""
    pred, gt = pair.load()
    return _counted(pred), _counted(gt)


def _counted(ids: NDArray[np.integer[Any]]) -> Counted:
    """The objects of one map."""
    if ids.max(initial=0) <= FEW:
        table = np.bincount(ids.ravel())
        values = np.flatnonzero(table)
        pixels = table[values]
    else:
        values, pixels = np.unique(ids, return_counts=True)
    is_object = values > 0
    height, width = ids.shape
    return values[is_object].astype(np.int64), pixels[is_object].astype(np.int64), (height, width)


def _segments(
    maps: Sequence[IdMap], found: Sequence[Counted], source: str | Path
) -> PanopticSegments:
    """All objects of one side."""
    ids = np.concatenate([np.empty(0, np.int64), *(each[0] for each in found)])
    image_id = np.arange(1, len(maps) + 1)
    names = tuple(each.name for each in maps)
    path = Path(source)
    return PanopticSegments(
        image_id=image_id,
        file_names=names,
        offsets=np.concatenate([[0], np.cumsum([len(each[0]) for each in found], dtype=np.int64)]),
        id=ids,
        category_id=np.full(len(ids), CATEGORY, np.int64),
        area=np.concatenate([np.empty(0), *(each[1] for each in found)]),
        boxes=np.full((len(ids), 4), np.nan),
        is_crowd=np.zeros(len(ids), np.bool_),
        categories=Categories(id=np.array([CATEGORY], np.int64), names=(CATEGORY_NAME,)),
        is_thing=np.ones(1, np.bool_),
        images=Images(
            id=image_id,
            sizes=np.array([each[2] for each in found], np.int32).reshape(-1, 2),
            file_names=names,
        ),
        folder=path if path.is_dir() else path.parent,
        source=str(source),
        pictures=MapsOnDisk(maps),
        has_void=False,
        notes=left_out(source),
    )
