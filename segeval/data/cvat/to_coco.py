"""CVAT for images, version 1.1, as COCO's columns."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from segeval.data.columns import GroundTruth
from segeval.data.cvat.masks import mask_text
from segeval.data.image_names import name_in_folder, shown
from segeval.data.image_objects import ImageObjects, Place
from segeval.data.plain_xml import Element, place_of, read_xml
from segeval.errors import Note
from segeval.words import counted

VERSION = "1.1"

SHAPES = ("polygon", "box", "mask")

NUMBER = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?")

WHOLE = re.compile(r"\d{1,18}")

LABEL = re.compile(r"(project|task|job)/labels/label(/name|/parent)?")


def cvat_to_coco(
    path: str | Path, *, skip_unknown: bool = False, boxes_as_masks: bool = False
) -> GroundTruth:
    """Ground truth of an annotations.xml of CVAT in COCO's form, for `save_ground_truth`.

    Polygons keep their points, masks become run lengths, boxes have no mask. Every shape is an
    object of its own. Categories get ids from 1 in the order of the task's labels, else by name;
    images from 1 in the order of the file, in which all are listed, also those without objects.

    Args:
        path: of the file that CVAT exports as "CVAT for images 1.1".
        skip_unknown: leave out polylines, points, cuboids, ellipses, skeletons, tags and turned
            boxes, which are refused otherwise.
        boxes_as_masks: make the boxes masks as well.

    Raises:
        InputError: if there is no such file.
        FormatError: if it is not of this format; the message names line and element.

    Example:
        >>> import tempfile
        >>> points = 'points="1.00,1.00;5.00,1.00;5.00,5.00"'
        >>> image = '<image id="0" name="a.jpg" width="20" height="10">'
        >>> text = f'''<annotations><version>1.1</version>
        ... {image}<polygon label="cat" {points}/></image>
        ... </annotations>'''
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     file = Path(folder, "annotations.xml")
        ...     _ = file.write_text(text)
        ...     found = cvat_to_coco(file)
        >>> found.categories.names, found.images.file_names, found.area.tolist()
        (('cat',), ('a.jpg',), [6.0])
    """
    reader = _Reader(str(path), skip_unknown=skip_unknown, boxes_as_masks=boxes_as_masks)
    read_xml(path, reader.begins, reader.ends)
    return reader.found()


class _Reader:
    """What is read so far."""

    def __init__(self, path: str, *, skip_unknown: bool, boxes_as_masks: bool) -> None:
        self._path = path
        self._objects = ImageObjects(path, skip_unknown=skip_unknown, boxes_as_masks=boxes_as_masks)
        self._labels: dict[str, None] = {}
        self._of_label: dict[str, str] = {}
        self._name = ""
        self._has_version = False
        self._grouped = 0

    def begins(self, element: Element) -> None:
        """An element begins: the root, an image or a shape."""
        way = element.way
        place = place_of(self._path, element)
        if len(way) == 1 and way[0] != "annotations":
            raise place.refuse("expected <annotations>, of CVAT.", code="not-cvat", field="root")
        if len(way) == 2 and way[1] == "track":
            raise place.refuse(
                "is a track, of CVAT for video. Export the task as CVAT for images 1.1.",
                code="not-cvat",
                field="track",
            )
        if len(way) == 2 and way[1] == "image":
            self._image(element.attributes, place)
        elif len(way) == 3 and way[1] == "image":
            self._shape(element, place)

    def ends(self, element: Element) -> None:
        """An element ends: the version, or a label of the task."""
        match element.way:
            case ("annotations", "version"):
                self._has_version = True
                if element.text != VERSION:
                    raise place_of(self._path, element).refuse(
                        f"is {shown(element.text)}, expected {VERSION}.",
                        code="not-cvat",
                        field="version",
                    )
            case ("annotations", "meta", *rest) if LABEL.fullmatch("/".join(rest)):
                self._label(element)

    def found(self) -> GroundTruth:
        """All columns."""
        place = Place(self._path, self._path)
        if not self._has_version:
            raise place.refuse(
                f"has no <version>, expected {VERSION}, of CVAT.", code="not-cvat", field="version"
            )
        notes = []
        if self._grouped:
            what = counted(self._grouped, "shape is", "shapes are")
            text = f"{self._path}: {what} in groups, and each is an object of its own"
            notes.append(Note("groups", text, self._grouped))
        names = [*self._labels] if self._labels else None
        return self._objects.ground_truth(names, listed_in="its labels", notes=notes)

    def _label(self, element: Element) -> None:
        """A label of the task, or its name or parent; parts of a skeleton are no categories."""
        what = element.way[-1]
        if what != "label":
            self._of_label[what] = element.text
            return
        name, is_part = self._of_label.get("name", ""), bool(self._of_label.get("parent"))
        self._of_label = {}
        if is_part:
            return
        if not name or name in self._labels:
            raise place_of(self._path, element).refuse(
                f"name is {shown(name)}, expected that of a label, each once.",
                code="bad-label",
                field="name",
            )
        self._labels[name] = None

    def _image(self, attributes: Mapping[str, str], place: Place) -> None:
        """The next image."""
        name = name_in_folder(attributes.get("name"), place.text, path=self._path, field="name")
        place = Place(self._path, f"{place.text} {shown(name)}")
        height, width = (_whole(attributes, field, place) for field in ("height", "width"))
        if not height or not width:
            raise place.refuse(
                f"has {height} x {width} pixels (H x W), expected sides above 0.",
                code="bad-image-size",
                field="width",
            )
        self._name = name
        self._objects.add_image(name, (height, width), place)

    def _shape(self, element: Element, place: Place) -> None:
        """A shape of the last image."""
        kind, attributes = element.way[-1], element.attributes
        place = Place(self._path, f"{place.text} of {shown(self._name)}")
        rotation = attributes.get("rotation", "0")
        is_turned = NUMBER.fullmatch(rotation) is None or float(rotation) % 360 != 0
        if kind not in SHAPES or is_turned:
            what = f"turned {kind}" if kind in SHAPES else kind
            reason = f"has the rotation {shown(rotation)}" if kind in SHAPES else "is not known"
            refusal = place.refuse(
                f"{reason}, expected polygon, box or mask, not turned. `skip_unknown=True` leaves "
                "such shapes out.",
                code="unknown-shape",
                field=kind[:40],
                option="skip_unknown",
            )
            self._objects.skip(what, refusal)
            return
        label = attributes.get("label")
        if not label or (self._labels and label not in self._labels):
            raise place.refuse(
                f"label is {shown(label)}, expected one of the labels of the task.",
                code="bad-label",
                field="label",
            )
        self._grouped += attributes.get("group_id", "0") != "0"
        if kind == "polygon":
            self._objects.add_polygons(label, [_points(attributes.get("points"), place)])
        elif kind == "box":
            x0, y0, x1, y1 = (
                _number(attributes.get(field), field, place)
                for field in ("xtl", "ytl", "xbr", "ybr")
            )
            if x1 < x0 or y1 < y0:
                raise place.refuse(
                    f"reaches from {x0:g}, {y0:g} to {x1:g}, {y1:g}, expected the upper left and "
                    "the lower right corner.",
                    code="bad-shape",
                    field="xbr",
                )
            self._objects.add_box(label, (x0, y0, x1 - x0, y1 - y0))
        else:
            box = [_whole(attributes, field, place) for field in ("left", "top", "width", "height")]
            self._objects.add_mask(
                label, mask_text(attributes.get("rle"), box, self._objects.size, place)
            )


def _number(text: str | None, field: str, place: Place) -> float:
    """A coordinate."""
    if text is None or NUMBER.fullmatch(text) is None:
        raise place.refuse(
            f"{field} is {shown(text)}, expected a number.", code="bad-coordinate", field=field
        )
    return place.number(float(text), field)


def _whole(attributes: Mapping[str, str], field: str, place: Place) -> int:
    """A number of pixels."""
    text = attributes.get(field)
    if text is None or WHOLE.fullmatch(text) is None:
        raise place.refuse(
            f"{field} is {shown(text)}, expected whole pixels.", code="bad-coordinate", field=field
        )
    return int(text)


def _points(text: str | None, place: Place) -> list[float]:
    """x, y, x, y, ... of a polygon."""
    pairs = [pair.split(",") for pair in (text or "").split(";")]
    if any(len(pair) != 2 for pair in pairs):
        raise place.refuse(
            f"points is {shown(text)}, expected x,y;x,y;...", code="bad-shape", field="points"
        )
    if len(pairs) < 3:
        raise place.refuse(
            f"has {counted(len(pairs), 'point')}, a polygon needs at least 3.",
            code="bad-polygon",
            field="points",
        )
    return [_number(value.strip(), "a coordinate", place) for pair in pairs for value in pair]
