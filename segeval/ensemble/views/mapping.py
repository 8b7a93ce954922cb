"""Predictions of views and tiles of several models, mapped back to whole images."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from segeval.data import Predictions
from segeval.data.ids import index_of
from segeval.data.keys import Key, numbering, shown_key, written
from segeval.data.tiles import Tiles, read_tiles
from segeval.ensemble.views.cut_objects import shown_whole
from segeval.ensemble.views.image_space import mapped
from segeval.ensemble.views.known_sizes import ImageSource, KnownSizes
from segeval.ensemble.views.size_factors import by_size
from segeval.ensemble.views.view import View, parsed_views
from segeval.errors import InputError, MismatchError, Note
from segeval.findings import refusal
from segeval.words import counted

CutObjects = Literal["drop", "keep"]
"""What becomes of pieces of objects that another tile shows whole."""

Views = str | Sequence[str | View] | None
"""The view of each model, or nothing."""


def models_in_image_space(
    models: Sequence[Predictions],
    views: Views,
    tiles: str | Path | Tiles | None,
    images: Iterable[ImageSource | None],
    *,
    cut_objects: CutObjects = "drop",
    workers: int | None = None,
) -> tuple[list[Predictions], list[Note], tuple[View, ...]]:
    """The predictions of each model as if made on whole images, without changes.

    Args:
        models: predictions of M models.
        views: how the images were changed, for each model.
        tiles: where tiles lie, whose ids the predictions have in place of those of images.
        images: what tells the sizes of images.
        cut_objects: whether pieces of objects that another tile shows whole are dropped.
        workers: threads, None for all cores.

    Returns:
        The predictions, what was left out, and the views.

    Raises:
        InputError: for views that do not exist, or not one for each model.
        FormatError: for predictions that cannot be mapped, or a table of tiles that is none.
        MismatchError: for predictions that are not of these tiles or images.
    """
    own = parsed_views(views, len(models))
    if cut_objects not in get_args(CutObjects):
        raise InputError(
            f"`cut_objects` is {cut_objects!r}, expected 'drop' or 'keep'",
            code="cut-objects",
            option="cut_objects",
        )
    if tiles is None and all(each.is_none for each in own):
        return list(models), [], own
    where = read_tiles(tiles) if isinstance(tiles, str | Path) else tiles
    wholes: list[Predictions] = []
    if where is None:
        wholes = [preds for preds, view in zip(models, own, strict=True) if view.is_whole]
    known = KnownSizes((each for each in images if each is not None), wholes)
    found: list[Predictions] = []
    notes: list[Note] = []
    for preds, view in zip(models, own, strict=True):
        if where is not None:
            one, said = of_tiles(preds, view, where, known, cut_objects, workers)
            notes += said
        elif view.is_plain:
            one = by_size(preds, view)
        else:
            one, _ = mapped(preds, view, known, workers=workers)
            notes += _beyond(preds, len(one))
        found.append(one)
    return found, notes, own


def of_tiles(
    preds: Predictions,
    view: View,
    tiles: Tiles,
    known: KnownSizes,
    cut_objects: CutObjects = "drop",
    workers: int | None = None,
) -> tuple[Predictions, list[Note]]:
    """Predictions on tiles as predictions on whole images, and what is left out.

    Args:
        preds: N predictions with the ids of tiles.
        view: how the tiles were changed.
        tiles: where they lie.
        known: sizes of images; those that the table gives are added.
        cut_objects: whether pieces of objects that another tile shows whole are dropped.
        workers: threads, None for all cores.

    Raises:
        InputError: for a view with an offset or of unknown scale.
        FormatError: for a tile that lies outside of its image.
        MismatchError: for a prediction of a tile that the table lacks.
    """
    if view.offset is not None or view.scale is None:
        raise InputError(
            f"`views` has {view}, and `tiles` say where tiles lie: expected views without offset, "
            "and scale=S in place of scale=auto",
            code="image-view",
            option="views",
        )
    place = _places(preds, tiles)
    keys = tiles.keys(as_text=known.ids_are_text)
    _check_inside(tiles, np.unique(place).tolist(), keys, known)
    numbers = numbering(keys)
    renamed = replace(
        preds,
        image_id=numbers.column(keys)[place],
        image_keys=numbers.keys,
        listed=None,
    )
    found, frames = mapped(renamed, view, known, corners=tiles.corners[place], workers=workers)
    notes = _beyond(preds, len(found))
    if cut_objects == "drop":
        pieces = shown_whole(found, frames)
        found = found.only(np.flatnonzero(~pieces)) if pieces.any() else found
        notes += _pieces(preds, int(pieces.sum()))
    return found, notes


def _beyond(preds: Predictions, left: int) -> list[Note]:
    """What lies beyond the borders of images."""
    beyond = len(preds) - left
    if not beyond:
        return []
    some = counted(beyond, "prediction lies", "predictions lie")
    text = f"{preds.source}: {some} wholly beyond the border of the image and "
    return [Note("beyond-image", text + _left_out(beyond), beyond, None)]


def _pieces(preds: Predictions, number: int) -> list[Note]:
    """Pieces of objects that are left out."""
    if not number:
        return []
    some = counted(
        number, "prediction is a piece of an object", "predictions are pieces of objects"
    )
    text = (
        f"{preds.source}: {some} that the border of a tile cuts and another tile shows "
        f"whole, and {_left_out(number)} (`cut_objects='keep'` keeps all)"
    )
    return [Note("cut-objects", text, number, "cut_objects")]


def _left_out(number: int) -> str:
    """The end of a sentence about some predictions."""
    return "is left out" if number == 1 else "are left out"


def _places(preds: Predictions, tiles: Tiles) -> NDArray[np.int64]:
    """The place of the tile of each prediction, int64, shape (N,)."""
    ids = np.unique(preds.image_id)
    names = map(str, written(ids, preds.image_keys))
    place = np.array([tiles.place.get(name, -1) for name in names], np.int64)
    found = np.asarray(place[index_of(preds.image_id, ids)], np.int64)
    unknown = np.flatnonzero(found < 0)
    if len(unknown):
        examples = ", ".join(map(shown_key, tiles.tile_ids[:3]))
        listed = (
            f"expected one of its {len(tiles):,}, such as {examples}" if examples else "it is empty"
        )
        raise refusal(
            preds,
            f"is of no tile that {tiles.source} lists: {listed}.",
            rows=unknown,
            code="tiles",
            field="image_id",
            error=MismatchError,
            option="tiles",
        )
    return found


def _check_inside(
    tiles: Tiles, places: Sequence[int], keys: Sequence[Key], known: KnownSizes
) -> None:
    """Refuse tiles that begin beyond their image, and sizes of images that are not theirs.

    Raises:
        FormatError: names the line.
    """
    for place in places:
        height, width = tiles.sizes[place].tolist()
        size = known.size(keys[place])
        if height > 0 and size not in (None, (height, width)):
            raise tiles.refusal(
                place,
                f"gives image {tiles.image_ids[place]} {width} x {height} pixels (width x height), "
                f"expected {size[1]} x {size[0]} as in the list of images",
            )
        if height > 0:
            size = (height, width)
            known.add(keys[place], size)
        x, y = tiles.corners[place].tolist()
        if size is not None and (x >= size[1] or y >= size[0]):
            raise tiles.refusal(
                place,
                f"begins at x {x}, y {y}, which lies outside of image {tiles.image_ids[place]} of "
                f"{size[1]} x {size[0]} pixels (width x height)",
            )
