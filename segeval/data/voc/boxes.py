"""Boxes of Pascal VOC: an XML file for each image."""

from __future__ import annotations

import re
from pathlib import Path

from segeval.data.image_names import name_in_folder, shown
from segeval.data.image_objects import ImageObjects, Place
from segeval.data.pictures.photos import photo_size
from segeval.data.plain_xml import Element, place_of, read_xml

NUMBER = re.compile(r"\d{1,15}(\.\d*)?")

IMAGES = "JPEGImages"
"""The folder of photographs in VOC's layout."""

EDGES = ("xmin", "ymin", "xmax", "ymax")

OBJECT = ("annotation", "object")


class Boxes:
    """What is read so far.

    Args:
        base: folder of the data set.
        objects: where the boxes go to.
        from_zero: coordinates are edges, counted from 0.
    """

    def __init__(self, base: Path, objects: ImageObjects, *, from_zero: bool) -> None:
        self.difficult = 0
        self._base, self._objects, self._from_zero = base, objects, from_zero
        self._path = ""
        self._image: dict[str, str] = {}
        self._fields: dict[str, str] = {}
        self._found: list[tuple[str, tuple[float, ...], bool]] = []

    def add(self, path: Path) -> None:
        """Collect the objects of one file.

        Raises:
            InputError: if it cannot be read, or has no size and there is no photograph.
            FormatError: if it is no annotation of VOC.
        """
        self._path, self._image, self._found = str(path), {}, []
        read_xml(path, self._begins, self._ends)
        place = Place(str(path), str(path))
        name = name_in_folder(
            self._image.get("filename"), str(path), path=str(path), field="filename"
        )
        self._objects.add_image(name, self._size(name, place), place)
        for label, box, is_difficult in self._found:
            self._objects.add_box(label, box, is_ignored=is_difficult)
            self.difficult += is_difficult

    def _begins(self, element: Element) -> None:
        if len(element.way) == 1 and element.way != ("annotation",):
            raise place_of(self._path, element).refuse(
                "expected <annotation>, of Pascal VOC.", code="not-voc", field="root"
            )
        if element.way == OBJECT:
            self._fields = {}

    def _ends(self, element: Element) -> None:
        match element.way:
            case ("annotation", "filename" as name):
                self._image[name] = element.text
            case ("annotation", "size", "width" | "height" as name):
                self._image[name] = element.text
            case ("annotation", "object", "name" | "difficult" as name):
                self._once(name, element)
            case ("annotation", "object", "bndbox", name) if name in EDGES:
                self._once(name, element)
            case ("annotation", "object"):
                self._object(place_of(self._path, element))
            case ("annotation", "object", "polygon" | "robndbox" | "mask" as name):
                raise place_of(self._path, element).refuse(
                    f"objects have a {name}, expected boxes alone.", code="not-voc", field=name
                )

    def _once(self, name: str, element: Element) -> None:
        if name in self._fields:
            raise place_of(self._path, element).refuse(
                "is there twice in one object.", code="not-voc", field=name
            )
        self._fields[name] = element.text

    def _object(self, place: Place) -> None:
        """The object that ends."""
        label = self._fields.get("name")
        if not label:
            raise place.refuse(
                f"name is {shown(label)}, expected that of a category.",
                code="bad-label",
                field="name",
            )
        place = Place(place.path, f"{place.text} {shown(label)}")
        difficult = self._fields.get("difficult", "0")
        if difficult not in ("0", "1"):
            raise place.refuse(
                f"difficult is {shown(difficult)}, expected 0 or 1.",
                code="bad-shape",
                field="difficult",
            )
        x0, y0, x1, y1 = (self._edge(edge, place) for edge in EDGES)
        if not self._from_zero:
            if min(x0, y0) < 1:
                raise place.refuse(
                    f"begins at {x0:g}, {y0:g}, but VOC counts pixels from 1. "
                    "`from_zero=True` reads edges that are counted from 0.",
                    code="from-zero",
                    field="xmin",
                    option="from_zero",
                )
            x0, y0 = x0 - 1, y0 - 1
        if x1 < x0 or y1 < y0:
            raise place.refuse(
                f"xmax, ymax are {x1:g}, {y1:g}, before xmin, ymin.", code="bad-shape", field="xmax"
            )
        self._found.append((label, (x0, y0, x1 - x0, y1 - y0), difficult == "1"))

    def _edge(self, name: str, place: Place) -> float:
        text = self._fields.get(name)
        if text is None or NUMBER.fullmatch(text) is None:
            raise place.refuse(
                f"{name} is {shown(text)}, expected pixels.", code="bad-coordinate", field=name
            )
        return place.number(float(text), name)

    def _size(self, name: str, place: Place) -> tuple[int, int]:
        """(H, W) of the file, or else of the photograph."""
        sides = []
        for field in ("height", "width"):
            text = self._image.get(field, "0")
            if re.fullmatch(r"\d{1,15}", text) is None:
                raise place.refuse(
                    f"{field} is {shown(text)}, expected whole pixels.",
                    code="bad-image-size",
                    field=field,
                )
            sides.append(int(text))
        if not all(sides):  # some tools write 0
            return photo_size(self._base / IMAGES / name)
        return sides[0], sides[1]
