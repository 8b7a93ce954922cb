"""Predictions drawn on the photographs of their images."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from segeval.data.chosen import chosen
from segeval.data.columns import GroundTruth, Predictions
from segeval.data.folders import existing_folder
from segeval.data.keys import Key, shown_key, written
from segeval.data.pictures.lettering import Label, lettered
from segeval.errors import InputError, Note
from segeval.frozen import frozen
from segeval.kernels.threads import OnProgress, in_order
from segeval.masks import RunLengths, decode_one
from segeval.pictures.named_photographs import names_of_images
from segeval.pictures.overlays import colour_of, lay_box, lay_mask
from segeval.pictures.photographs import (
    LONGEST_NAME,
    PICTURES_IN_IT,
    path_of,
    photograph_or_placeholder,
    scaled_down,
)
from segeval.words import beginning, counted

GREY = 96
"""Of a picture without a photograph."""

LEAST_SIDE = 64
"""Pixels of the sides of an image of which nothing is known."""


@frozen
class DrawStyle:
    """How predictions are drawn.

    Attributes:
        min_score: predictions of lower scores are left out.
        most: predictions of an image that are drawn, the best ones.
        longest: pixels of the longest side of a picture; larger photographs are scaled down.
        labels: whether category and score are written beside each.
    """

    min_score: float = 0.5
    most: int = 100
    longest: int = 1333
    labels: bool = True


@frozen(eq=False)
class Drawing:
    """The predictions of an image, drawn on its photograph.

    Attributes:
        image: the id.
        name: of the file of the photograph; "" for none.
        pixels: red, green and blue, uint8, shape (h, w, 3).
        objects: predictions that are drawn.
        notes: what there is to say of the photograph.
    """

    image: Key
    name: str
    pixels: NDArray[np.uint8]
    objects: int
    notes: tuple[Note, ...] = ()


@frozen(eq=False)
class Gallery:
    """The images whose predictions are to be drawn.

    Attributes:
        preds: predictions.
        folder: of the photographs.
        images: ids.
        names: of the files of their photographs, below the folder; "" for none.
        sizes: (H, W), int32, shape (I, 2); not positive where unknown.
        rows: places of the predictions of each image.
        categories: names by id.
        missing: images that are left out, as the folder lacks their photographs.
    """

    preds: Predictions
    folder: Path
    images: Sequence[Key]
    names: Sequence[str]
    sizes: NDArray[np.int32]
    rows: Sequence[NDArray[np.intp]]
    categories: dict[Key, str]
    missing: int = 0

    def __len__(self) -> int:
        return len(self.images)

    def first(self, number: int) -> Gallery:
        """The first images alone."""
        return replace(
            self,
            images=self.images[:number],
            names=self.names[:number],
            sizes=self.sizes[:number],
            rows=self.rows[:number],
        )


def gallery(
    preds: Predictions,
    folder: str | Path,
    gt: GroundTruth | None = None,
    *,
    images: Sequence[int | str] | None = None,
) -> Gallery:
    """The images to draw: those of the ground truth, else those that have predictions.

    Images whose photographs the folder lacks are left out.

    Args:
        preds: predictions.
        folder: of the photographs.
        gt: ground truth, which names categories and photographs; None to find photographs by the
            ids of their images (`named_photographs`), and to write ids of categories.
        images: ids or names of files of those to draw, as in `average_precision`; None for all.

    Raises:
        InputError: if there is no such folder or image, the folder has no photograph of any, or
            ids do not tell which file is whose.

    Example:
        >>> import segeval, tempfile
        >>> from PIL import Image
        >>> box = {"image_id": 7, "category_id": 1, "bbox": [10, 10, 40, 30], "score": 0.9}
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     Image.new("RGB", (80, 60)).save(f"{folder}/7.png")
        ...     shown = gallery(segeval.load_predictions([box]), folder)
        >>> len(shown.preds)
        1
    """
    folder = existing_folder(folder, PICTURES_IN_IT)
    order = np.argsort(preds.image_id, kind="stable")
    found, first = np.unique(preds.image_id[order], return_index=True)
    rows_of = np.split(order, first[1:])
    by_image = dict(zip(written(found, preds.image_keys), rows_of, strict=False))
    if gt is None:
        ids = sorted(by_image, key=lambda each: (isinstance(each, str), each))
        names = names_of_images(folder, ids)
        sizes = np.full((len(ids), 2), -1, np.int32)
        categories: dict[Key, str] = {}
    else:
        ids, names, sizes = gt.images.written_ids, list(gt.images.file_names), gt.images.sizes
        categories = gt.categories.told_apart().by_id
    if images is not None:
        source = preds.source if gt is None else gt.source
        places = chosen(images, ids, names, option="images", source=source).tolist()
        ids, names = [ids[place] for place in places], [names[place] for place in places]
        sizes = sizes[places]
    kept = [place for place, name in enumerate(names) if path_of(folder, name) is not None]
    if ids and not kept:
        raise InputError(
            f"{folder}: has no picture of any of {counted(len(ids), 'image')}, such as "
            f"{beginning(names[0], LONGEST_NAME) or shown_key(ids[0])}.",
            code="no-file",
            path=str(folder),
        )
    return Gallery(
        preds,
        folder,
        [ids[place] for place in kept],
        [names[place] for place in kept],
        sizes[kept],
        [by_image.get(ids[place], order[:0]) for place in kept],
        categories,
        missing=len(ids) - len(kept),
    )


def drawings(
    shown: Gallery,
    style: DrawStyle | None = None,
    *,
    workers: int | None = None,
    on_progress: OnProgress | None = None,
) -> Iterator[Drawing]:
    """Draw the predictions of images on their photographs, image by image.

    Each has the colour of its category and is tinted, with an outline; better ones are on top. One
    without a mask is drawn as its box. A photograph that is damaged is grey, with a note.

    Args:
        shown: the images.
        style: how they are drawn; None for the usual.
        workers: threads, None for all cores.
        on_progress: told how many images are done.

    Raises:
        FormatError: if a mask is malformed; the message names the prediction.

    Example:
        >>> import segeval, tempfile
        >>> from PIL import Image
        >>> box = {"image_id": 7, "category_id": 1, "bbox": [10, 10, 40, 30], "score": 0.9}
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     Image.new("RGB", (80, 60)).save(f"{folder}/7.png")
        ...     shown = gallery(segeval.load_predictions([box]), folder)
        ...     [(each.image, each.objects, each.pixels.shape) for each in drawings(shown)]
        [(7, 1, (60, 80, 3))]
    """
    style = DrawStyle() if style is None else style
    known = list(shown.categories) or sorted(
        set(written(shown.preds.category_id, shown.preds.category_keys)), key=str
    )
    places = {category: place for place, category in enumerate(known)}
    return in_order(
        lambda place: _drawn(shown, place, style, places),
        range(len(shown)),
        workers,
        on_progress=on_progress,
    )


def _drawn(shown: Gallery, place: int, style: DrawStyle, colours: dict[Key, int]) -> Drawing:
    """The drawing of one image."""
    preds, image, name = shown.preds, shown.images[place], shown.names[place]
    rows = shown.rows[place]
    rows = rows[preds.score[rows] >= style.min_score]
    rows = rows[np.argsort(-preds.score[rows], kind="stable")[: style.most]][::-1]
    size = tuple(shown.sizes[place].tolist())
    if min(size) <= 0:
        size = _size_of_masks(preds, rows)
    photo = photograph_or_placeholder(
        shown.folder, name, (size[0], size[1]), f"image {shown_key(image)}"
    )
    if photo.pixels is not None:
        size = photo.pixels.shape[:2]
    elif min(size) <= 0:
        size = _size_of_boxes(preds, rows)
    segments = preds.segmentations.take(rows)
    sizes = np.broadcast_to(np.array(size, np.int32), (len(rows), 2))
    masks = segments.run_lengths(np.ascontiguousarray(sizes), preds, rows=rows, workers=1)
    pixels = _ground(photo.pixels, (size[0], size[1]), style.longest)
    labels = _overlaid(shown, rows, masks, pixels, (size[0], size[1]), colours)
    if style.labels and labels:
        pixels = lettered(pixels, labels, max(pixels.shape[0] / 45, 11.0))
    return Drawing(image, name, pixels, len(rows), photo.notes)


def _overlaid(
    shown: Gallery,
    rows: NDArray[np.intp],
    masks: RunLengths,
    pixels: NDArray[np.uint8],
    size: tuple[int, int],
    colours: dict[Key, int],
) -> list[Label]:
    """Draw masks and boxes on a picture, which is changed; their labels."""
    preds = shown.preds
    categories = written(preds.category_id[rows], preds.category_keys)
    scale = np.array(pixels.shape[:2]) / size
    line = max(round(max(pixels.shape) / 500), 1)
    labels = []
    for number, (row, category) in enumerate(zip(rows.tolist(), categories, strict=True)):
        colour = colour_of(colours.get(category, len(colours)))
        box = preds.boxes[row]
        mask = decode_one(masks, number) if len(masks.runs(number)) else None
        if mask is not None and mask.any():
            lay_mask(pixels, mask, colour, line)
            top, left = (int(np.argmax(mask.any(axis=axis))) for axis in (1, 0))
        elif not np.isnan(box).any():
            x, y, width, height = (box * np.tile(scale[::-1], 2)).tolist()
            lay_box(pixels, (x, y, width, height), colour, line)
            left, top = box[:2].tolist()
        else:
            continue
        name = shown.categories.get(category, str(category))
        text = f"{name} {preds.score[row]:.2f}"
        labels.append(Label(text, left * scale[1], top * scale[0], colour))
    return labels


def _ground(
    photo: NDArray[np.uint8] | None, size: tuple[int, int], longest: int
) -> NDArray[np.uint8]:
    """What is drawn on: the photograph or grey, of a size that may be drawn on."""
    if photo is not None:
        return scaled_down(photo, longest).copy()
    scale = min(longest / max(size), 1.0)
    height, width = (max(round(side * scale), 1) for side in size)
    return np.full((height, width, 3), GREY, np.uint8)


def _size_of_masks(preds: Predictions, rows: NDArray[np.intp]) -> tuple[int, int]:
    """(H, W) that the masks of an image say; not positive where none does."""
    sizes = preds.segmentations.strings.sizes[rows]
    height, width = sizes.max(axis=0, initial=-1).tolist()
    return height, width


def _size_of_boxes(preds: Predictions, rows: NDArray[np.intp]) -> tuple[int, int]:
    """(H, W) of a picture that holds the boxes of an image of unknown size."""
    boxes = preds.boxes[rows]
    boxes = boxes[~np.isnan(boxes).any(axis=1)]
    ends = (boxes[:, :2] + boxes[:, 2:]).max(axis=0, initial=LEAST_SIDE)
    width, height = np.ceil(ends).astype(int).tolist()
    return height, width
