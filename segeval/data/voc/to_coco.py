"""Folders of Pascal VOC as COCO's columns."""

from __future__ import annotations

from pathlib import Path

from segeval.data.columns import GroundTruth
from segeval.data.folder_files import files_below
from segeval.data.folders import existing_folder
from segeval.data.image_objects import ImageObjects
from segeval.data.label_maps.class_names import VOC
from segeval.data.paths import is_folder
from segeval.data.voc.boxes import Boxes
from segeval.data.voc.masks import add_masks
from segeval.errors import InputError, Note
from segeval.words import counted

BOXES, OBJECTS, CLASSES = "Annotations", "SegmentationObject", "SegmentationClass"
"""Folders of a data set in VOC's layout."""

CATEGORIES = VOC[1:]
"""VOC's classes without the background."""


def voc_to_coco(
    folder: str | Path, *, boxes_as_masks: bool = False, from_zero: bool = False
) -> GroundTruth:
    """Ground truth of a folder in Pascal VOC's layout in COCO's form, for `save_ground_truth`.

    With the folders SegmentationObject and SegmentationClass the objects are their masks, and
    pixels of 255 are void. Else they are the boxes of the XML files in Annotations. If all
    categories are VOC's, they get VOC's numbers from 1 (aeroplane) to 20 (tvmonitor); else they are
    numbered by name. Objects that are `difficult` get the field `ignore`.

    Args:
        folder: holds Annotations, or SegmentationObject and SegmentationClass.
        boxes_as_masks: make the boxes masks as well.
        from_zero: coordinates are edges of boxes, counted from 0; VOC's are the first and the last
            pixel, counted from 1.

    Raises:
        InputError: if a folder is missing or empty.
        FormatError: if a file is none of VOC; the message names it.
        MismatchError: if the two pictures of an image do not belong together.

    Example:
        >>> import tempfile
        >>> size = "<size><width>20</width><height>10</height></size>"
        >>> box = "<xmin>2</xmin><ymin>3</ymin><xmax>6</xmax><ymax>5</ymax>"
        >>> cat = f"<object><name>cat</name><bndbox>{box}</bndbox></object>"
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     file = Path(folder, "Annotations", "a.xml")
        ...     file.parent.mkdir()
        ...     text = f"<annotation><filename>a.jpg</filename>{size}{cat}</annotation>"
        ...     _ = file.write_text(text)
        ...     found = voc_to_coco(folder)
        >>> found.category_id.tolist(), found.boxes.tolist()
        ([8], [[1.0, 2.0, 5.0, 3.0]])
    """
    base = existing_folder(folder, f", expected {BOXES} or {OBJECTS} in it")
    objects = ImageObjects(str(base), boxes_as_masks=boxes_as_masks)
    notes: list[Note] = []
    has_masks = [is_folder(base / name) for name in (OBJECTS, CLASSES)]
    if any(has_masks):
        if not all(has_masks):
            present, missing = (OBJECTS, CLASSES) if has_masks[0] else (CLASSES, OBJECTS)
            raise InputError(
                f"{base}: has {present} and no {missing}, expected both: which object a pixel is "
                "of, and which class.",
                code="voc-folders",
                path=str(base),
            )
        for path in _files(base / OBJECTS, "*.png"):
            add_masks(objects, path, base / CLASSES, base / OBJECTS, VOC)
        if is_folder(base / BOXES):
            text = f"{base}: objects are the masks of {OBJECTS}; {BOXES} is not read"
            notes.append(Note("boxes-not-read", text))
    else:
        boxes = Boxes(base, objects, from_zero=from_zero)
        for path in _files(existing_folder(base / BOXES, ", expected VOC's XML files"), "*.xml"):
            boxes.add(path)
        if boxes.difficult:
            what = counted(boxes.difficult, "object is", "objects are")
            text = f"{base}: {what} difficult: the field ignore is 1"
            notes.append(Note("difficult", text, boxes.difficult))
    names = CATEGORIES if objects.labels <= {*CATEGORIES} else None
    return objects.ground_truth(names, listed_in="Pascal VOC", notes=notes)


def _files(folder: Path, pattern: str) -> list[Path]:
    """The files of a folder, at least one."""
    found = files_below(folder, pattern)
    if not found:
        raise InputError(
            f"{folder}: has no {pattern[1:]} files of Pascal VOC.",
            code="no-voc-files",
            path=str(folder),
        )
    return found
