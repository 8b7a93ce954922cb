"""Folders of labelme as COCO's columns."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from segeval.data.columns import GroundTruth
from segeval.data.files import open_content
from segeval.data.folder_files import files_below
from segeval.data.folders import existing_folder
from segeval.data.image_names import is_unicode, name_in_folder, shown
from segeval.data.image_objects import ImageObjects, Place
from segeval.data.json.plain import plain_value
from segeval.data.labelme.masks import mask_text
from segeval.data.pictures.photos import SUFFIXES, photo_size
from segeval.errors import InputError, Note
from segeval.words import counted

EXPECTED = "Expected a file of labelme: an object with shapes, imagePath, imageHeight, imageWidth"

KNOWN = "polygon, rectangle or mask"

Groups = dict[tuple[str, int], list[list[float]]]
"""The polygons of every object of several, by label and group_id."""

CORNERS = 2
"""Points of a rectangle, and of the box of a mask."""


def labelme_to_coco(
    folder: str | Path, *, skip_unknown: bool = False, boxes_as_masks: bool = False
) -> GroundTruth:
    """Ground truth of a folder of labelme's files in COCO's form, for `save_ground_truth`.

    Polygons keep their points, masks become run lengths, rectangles are boxes without a mask.
    Polygons of one image with the same label and `group_id` are one object, as in labelme's own
    conversion. Categories are numbered from 1 by name, images from 1 by the path of their JSON
    files.

    Args:
        folder: searched with its subfolders; every .json file in it is one of labelme.
        skip_unknown: leave out circles, lines and points, which are refused otherwise.
        boxes_as_masks: make the rectangles masks as well.

    Raises:
        InputError: if there is no such folder, or no .json file in it.
        FormatError: if a file is none of labelme; the message names the shape.

    Example:
        >>> import json, tempfile
        >>> cat = {"label": "cat", "points": [[1, 1], [4, 1], [4, 3]], "shape_type": "polygon"}
        >>> image = {"imagePath": "a.jpg", "imageHeight": 6, "imageWidth": 8, "shapes": [cat]}
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     _ = Path(folder, "a.json").write_text(json.dumps(image))
        ...     found = labelme_to_coco(folder)
        >>> found.categories.names, found.images.file_names, found.area.tolist()
        (('cat',), ('a.jpg',), [3.0])
    """
    base = existing_folder(folder, ", expected .json files of labelme in it")
    files = files_below(base, "*.json")
    if not files:
        raise InputError(
            f"{base}: has no .json files, expected those of labelme, one for each image.",
            code="no-labelme-files",
            path=str(base),
        )
    objects = ImageObjects(str(base), skip_unknown=skip_unknown, boxes_as_masks=boxes_as_masks)
    names = {_read(path, base, objects) for path in files}
    return objects.ground_truth(None, notes=_unlabelled(base, names))


def _unlabelled(base: Path, names: set[str]) -> list[Note]:
    """A note on photographs in the folder that no file is about."""
    photos = files_below(base, *(f"*{suffix}" for suffix in SUFFIXES))
    count = sum(path.relative_to(base).as_posix() not in names for path in photos)
    if not count:
        return []
    text = (
        f"{base}: {counted(count, 'image has', 'images have')} no JSON file and "
        f"{'is' if count == 1 else 'are'} left out; save them in labelme if they are without "
        "objects"
    )
    return [Note("unlabelled-images", text, count)]


def _read(path: Path, base: Path, objects: ImageObjects) -> str:
    """Collect the shapes of one file; the name of its image."""
    content = open_content(path)
    record = plain_value(content, dict, EXPECTED)
    place = Place(str(path), str(path))
    shapes = record.get("shapes")
    if not isinstance(shapes, list) or "imagePath" not in record:
        missing = "imagePath" if isinstance(shapes, list) else "list of shapes"
        raise place.refuse(
            f"has no {missing}. {EXPECTED}; every .json file of the folder must be one.",
            code="not-labelme",
            field="shapes",
        )
    below = path.parent.relative_to(base).as_posix()
    name = name_in_folder(
        record["imagePath"], str(path), path=str(path), field="imagePath", below=below
    )
    objects.add_image(name, _size(record, place, base / name), place)
    groups: Groups = {group: [] for group in _shared(shapes)}
    for index, shape in enumerate(shapes):
        _read_shape(shape, index, path, objects, groups)
    for (label, _), parts in groups.items():
        if not parts:  # all were skipped
            continue
        objects.add_polygons(label, parts)
    return name


def _shared(shapes: Sequence[Any]) -> list[tuple[str, int]]:
    """The label and group_id of every object of several shapes."""
    found = Counter(
        (shape["label"], shape["group_id"])
        for shape in shapes
        if isinstance(shape, dict)
        and type(shape.get("label")) is str
        and type(shape.get("group_id")) is int
    )
    return [group for group, count in found.items() if count > 1]


def _size(record: Mapping[str, Any], place: Place, image: Path) -> tuple[int, int]:
    """(H, W) of the image: of the file, or else of the photograph."""
    sides = []
    for field in ("imageHeight", "imageWidth"):
        value = record.get(field)
        if value is None:
            return photo_size(image)
        if type(value) is not int or value < 1:
            raise place.refuse(
                f"{field} is {shown(value)}, expected pixels above 0.",
                code="bad-image-size",
                field=field,
            )
        sides.append(value)
    return sides[0], sides[1]


def _read_shape(
    shape: Any,
    index: int,
    path: Path,
    objects: ImageObjects,
    groups: Groups,
) -> None:
    """Collect one shape, or one polygon of a group."""
    place = Place(str(path), f"{path}: shape #{index}")
    if not isinstance(shape, dict):
        raise place.refuse(
            f"is {shown(shape)}, expected an object.", code="bad-shape", field="shapes"
        )
    label = shape.get("label")
    if not isinstance(label, str) or not label or not is_unicode(label):
        raise place.refuse(
            f"label is {shown(label)}, expected the name of a category.",
            code="bad-label",
            field="label",
        )
    place = Place(str(path), f"{path}: shape #{index} ({shown(label)})")
    kind = shape.get("shape_type", "polygon")  # the first versions drew polygons alone
    if kind not in ("polygon", "rectangle", "mask"):
        objects.skip(
            kind if isinstance(kind, str) else shown(kind),
            place.refuse(
                f"shape_type is {shown(kind)}, expected {KNOWN}. `skip_unknown=True` leaves such "
                "shapes out.",
                code="unknown-shape",
                field="shape_type",
                option="skip_unknown",
            ),
        )
        return
    points = _points(shape.get("points"), kind, place)
    group = shape.get("group_id")
    if group is not None and type(group) is not int:
        raise place.refuse(
            f"group_id is {shown(group)}, expected a whole number or null.",
            code="bad-group",
            field="group_id",
        )
    parts = None if group is None else groups.get((label, group))
    if parts is not None and kind != "polygon":
        raise place.refuse(
            f"is a {kind} with the group_id {group} of other shapes, expected one of its own. Only "
            "polygons are joined.",
            code="bad-group",
            field="group_id",
        )
    if kind == "rectangle":
        (x0, x1), (y0, y1) = sorted(points[0::2]), sorted(points[1::2])
        objects.add_box(label, (x0, y0, x1 - x0, y1 - y0))
    elif kind == "mask":
        objects.add_mask(label, mask_text(shape.get("mask"), points, objects.size, place))
    elif parts is not None:
        parts.append(points)
    else:
        objects.add_polygons(label, [points])


def _points(points: Any, kind: str, place: Place) -> list[float]:
    """x, y, x, y, ... of the points."""
    if not isinstance(points, list) or not all(
        isinstance(point, list) and len(point) == 2 for point in points
    ):
        raise place.refuse(
            f"points is {shown(points)}, expected a list of [x, y].",
            code="bad-shape",
            field="points",
        )
    if kind == "polygon" and len(points) < 3:
        raise place.refuse(
            f"has {counted(len(points), 'point')}, a polygon needs at least 3.",
            code="bad-polygon",
            field="points",
        )
    if kind != "polygon" and len(points) != CORNERS:
        raise place.refuse(
            f"has {counted(len(points), 'point')}, expected two corners of the {kind}.",
            code="bad-shape",
            field="points",
        )
    return [place.number(value, "a coordinate") for point in points for value in point]
