"""Folders of YOLO's text files as COCO's columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import NamedTuple

import numpy as np

from segeval.data.columns import GroundTruth, Predictions
from segeval.data.files import is_same_file
from segeval.data.folder_files import files_below
from segeval.data.folders import existing_folder
from segeval.data.image_objects import ImageObjects, Place
from segeval.data.names_by_way import by_way
from segeval.data.pictures.photos import photo_size, photos_below
from segeval.data.segmentations import Format, Segmentations
from segeval.data.yolo.lines import BOX, SHORTEST, Drawn, drawn_objects
from segeval.data.yolo.names import class_names
from segeval.errors import InputError, MismatchError, Note
from segeval.masks import compress
from segeval.words import counted

EXPECTED = ", expected .txt files of YOLO in it"


class CocoFromYolo(NamedTuple):
    """What `yolo_to_coco` makes; `preds` is None unless it was given."""

    gt: GroundTruth
    preds: Predictions | None


def yolo_to_coco(
    labels: str | Path,
    images: str | Path,
    names: str | Path,
    preds: str | Path | None = None,
    *,
    skip_unknown: bool = False,
    boxes_as_masks: bool = False,
) -> CocoFromYolo:
    r"""Ground truth and predictions of YOLO's text files in COCO's form.

    A line is a polygon, `class x y x y x y ...`, or a box without a mask, `class x y width height`
    with the centre; all in fractions of the image, whose size is that of its file, upright as its
    camera was held. Predictions have a confidence at the end. An image without a text file has no
    objects. Categories get ids from 1 in the order of the names: class 0 has the id 1.

    Args:
        labels: a folder of .txt files, searched with its subfolders.
        images: a folder of images, paired with the text files by their paths without suffix, else
            by their names.
        names: a data.yaml of Ultralytics, or a file with a name per line, of the classes from 0.
        preds: a folder of predictions, as Ultralytics writes with `save_txt` and `save_conf`.
        skip_unknown: leave out lines of fewer than three points, which are refused otherwise.
        boxes_as_masks: make the boxes masks as well.

    Raises:
        InputError: if a folder is missing or empty.
        FormatError: if a line is no object; the message names it.
        MismatchError: if a text file has no image, or several.

    Example:
        >>> import tempfile
        >>> from PIL import Image
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     Image.new("RGB", (20, 10)).save(Path(folder, "a.png"))
        ...     _ = Path(folder, "a.txt").write_text("1 0.1 0.2 0.5 0.2 0.5 0.6")
        ...     _ = Path(folder, "names").write_text("cat\ndog\n")
        ...     gt = yolo_to_coco(folder, folder, Path(folder, "names")).gt
        >>> gt.category_id.tolist(), gt.boxes.tolist()
        ([2], [[3.0, 2.0, 7.0, 4.0]])
    """
    found = class_names(names)
    base = existing_folder(images, ", expected images in it")
    photos = photos_below(base)
    sizes = [photo_size(path) for path in photos]
    how = {"skip_unknown": skip_unknown, "boxes_as_masks": boxes_as_masks}

    def collected(folder: str | Path, *, scored: bool) -> tuple[GroundTruth, Sequence[Drawn]]:
        texts = _texts(folder, Path(names), base, photos, may_lack=scored)
        objects = ImageObjects(str(folder), **how)
        kept = []
        for photo, size in zip(photos, sizes, strict=True):
            name = photo.relative_to(base).as_posix()
            objects.add_image(name, size, Place(str(photo), str(photo)))
            text = texts.get(photo)
            if text is not None:
                kept += [
                    each
                    for each in drawn_objects(text, found, scored=scored)
                    if _add(objects, each, size)
                ]
        notes = _notes(folder, len(photos) - len(texts)) if not scored else []
        columns = objects.ground_truth([*found.values()], listed_in=str(names), notes=notes)
        return columns, kept

    gt, _ = collected(labels, scored=False)
    if preds is None:
        return CocoFromYolo(gt, None)
    return CocoFromYolo(gt, _predictions(*collected(preds, scored=True)))


def _texts(
    folder: str | Path, names: Path, base: Path, photos: Sequence[Path], *, may_lack: bool
) -> Mapping[Path, Path]:
    """The text file of each image that has one."""
    labels = existing_folder(folder, EXPECTED)
    texts = [path for path in files_below(labels, "*.txt") if not is_same_file(path, names)]
    if not texts and not may_lack:
        raise InputError(
            f"{labels}: has no .txt files of YOLO.", code="no-label-files", path=str(labels)
        )
    ways = by_way(((photo, _keys(photo, base)) for photo in photos), 2)
    for place, way in enumerate(ways):
        found = {path: way.get(_keys(path, labels)[place], []) for path in texts}
        if all(len(each) == 1 for each in found.values()):
            pairs = {photo: path for path, (photo,) in found.items()}
            if len(pairs) == len(texts):
                return pairs
    path, candidates = _unpaired(texts, labels, ways)
    several = f"{len(candidates)} images" if candidates else "no image"
    raise MismatchError(
        f"{path}: there is {several} of this name in {base}, expected one. Images and their text "
        "files have the same names, apart from the suffix.",
        code="unpaired-labels",
        path=str(path),
    )


def _unpaired(
    texts: Sequence[Path], labels: Path, ways: Sequence[Mapping[str, Sequence[Path]]]
) -> tuple[Path, Sequence[Path]]:
    """The first text file that does not have one image, and its images."""
    for path in texts:
        own, stem = _keys(path, labels)
        found = ways[0].get(own) or ways[1].get(stem, [])
        if len(found) != 1:
            return path, found
    return texts[0], ways[1].get(texts[0].stem, [])


def _keys(path: Path, base: Path) -> tuple[str, str]:
    """What a file is paired by: its path without suffix, or its name."""
    return PurePosixPath(path.relative_to(base)).with_suffix("").as_posix(), path.stem


def _add(objects: ImageObjects, drawn: Drawn, size: tuple[int, int]) -> bool:
    """Collect an object, unless it is skipped; whether it was."""
    height, width = size
    values = drawn.values
    if len(values) == BOX:
        x, y, w, h = values
        if w < 0 or h < 0:
            raise drawn.place.refuse(
                f"the box is {w:g} wide and {h:g} high, expected at least 0.",
                code="bad-label-line",
                field="line",
            )
        objects.add_box(
            drawn.name, ((x - w / 2) * width, (y - h / 2) * height, w * width, h * height)
        )
        return True
    if len(values) < SHORTEST:
        objects.skip(
            "line of fewer than three points",
            drawn.place.refuse(
                f"has {counted(len(values) // 2, 'point')}, a polygon needs at least 3. "
                "`skip_unknown=True` leaves such lines out.",
                code="bad-polygon",
                field="line",
                option="skip_unknown",
            ),
        )
        return False
    sides = (width, height) * (len(values) // 2)
    objects.add_polygons(
        drawn.name, [[value * side for value, side in zip(values, sides, strict=True)]]
    )
    return True


def _notes(folder: str | Path, without: int) -> list[Note]:
    """A note on images without a text file."""
    if not without:
        return []
    what = counted(without, "image has", "images have")
    text = f"{folder}: {what} no text file, and so no objects"
    return [Note("images-without-labels", text, without)]


def _predictions(columns: GroundTruth, drawn: Sequence[Drawn]) -> Predictions:
    """Objects as predictions with run lengths, which every reader of predictions takes."""
    form = columns.segmentations.format
    boxes = np.flatnonzero(form == Format.NONE)
    masks = Segmentations(np.full(len(columns), Format.STRING, np.uint8), compress(columns.masks))
    own = np.full((len(columns), 4), np.nan)
    own[boxes] = columns.boxes[boxes]
    return Predictions(
        image_id=columns.image_id,
        category_id=columns.category_id,
        score=np.array([each.score for each in drawn], np.float64),
        boxes=own,
        segmentations=masks.without(boxes),
        source=columns.source,
        notes=columns.notes[1:],  # the categories are those of the ground truth
    )
