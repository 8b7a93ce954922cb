"""COCO panoptic files: a JSON file of segments, and a folder of pictures of ids."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Annotated, cast

import msgspec
import numpy as np
from numpy.typing import NDArray

from segeval.data.coco.image_sizes import stated_sizes
from segeval.data.coco.numbered_ids import Numberings, allow_ids, listed, numbering_of
from segeval.data.coco.structs import AnyCategory, AnyId, AnyImage, Category, Image, Whole
from segeval.data.columns import Categories, Images
from segeval.data.files import STANDARD_INPUT, Content, open_content
from segeval.data.json.repeated_keys import refuse_repeated_keys
from segeval.data.panoptic import refused as refused_panoptic
from segeval.data.panoptic.columns import LARGEST_ID, PanopticSegments
from segeval.data.panoptic.wrong_ids import repeated_ids
from segeval.data.paths import is_folder
from segeval.errors import InputError, Note
from segeval.findings import raise_first
from segeval.limits import check_categories
from segeval.words import counted

_Area = Annotated[float, msgspec.Meta(ge=0)]


class _Segment(msgspec.Struct, gc=False):
    id: Annotated[int, msgspec.Meta(ge=1, le=LARGEST_ID)]
    category_id: Whole
    area: _Area | None = None
    iscrowd: int | bool | None = None
    bbox: list[float] | None = None


class _Annotation(msgspec.Struct, gc=False):
    image_id: Whole
    file_name: Annotated[str, msgspec.Meta(min_length=1)]
    segments_info: list[_Segment]


class _File(msgspec.Struct, gc=False):
    annotations: list[_Annotation]
    categories: list[Category] = []
    images: list[Image] = []


class _AnySegment(_Segment, gc=False, kw_only=True):
    category_id: AnyId  # type: ignore[assignment]


class _AnyAnnotation(_Annotation, gc=False, kw_only=True):
    image_id: AnyId  # type: ignore[assignment]
    segments_info: list[_AnySegment]  # type: ignore[assignment]


class _AnyFile(msgspec.Struct, gc=False):
    annotations: list[_AnyAnnotation]
    categories: list[AnyCategory] = []
    images: list[AnyImage] = []


_DECODER = msgspec.json.Decoder(_File)

_ANY_DECODER = msgspec.json.Decoder(_AnyFile)


def load_panoptic(
    path: str | Path, folder: str | Path | None = None, *, option: str = "folder"
) -> PanopticSegments:
    """Segments from a COCO panoptic JSON file; of the pictures only the folder is checked.

    Args:
        path: path of the JSON file, compressed with gzip or not.
        folder: folder with the pictures; None for the path without `.json`, as in COCO.
        option: name of the argument that gives the folder, in messages.

    Raises:
        InputError: if the file or the folder does not exist.
        FormatError: if it is not a panoptic file; the message names the segment.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as name:
        ...     file = Path(name, "gt.json")
        ...     file.with_suffix("").mkdir()
        ...     _ = file.write_text('{"annotations": [], "categories": []}')
        ...     len(load_panoptic(file))
        0
    """
    content = open_content(path)
    found = parse_panoptic(content)
    raise_first(repeated_ids(found))
    return replace(found, folder=picture_folder(path, folder, content.name, option))


def parse_panoptic(content: Content) -> PanopticSegments:
    """The segments of an open file, whatever their ids; the folder is unknown.

    Raises:
        FormatError: if it is not a panoptic file; the message names the record.
    """
    found = _decoded(content)
    refuse_repeated_keys(content)
    return _columns(*found, content.name)


def picture_folder(path: str | Path, folder: str | Path | None, name: str, option: str) -> Path:
    """The folder of the pictures of a panoptic file.

    Args:
        path: of the JSON file.
        folder: where the user says that they are; None for the path without `.json`.
        name: name of the file in messages.
        option: name of the argument that gives the folder, in messages.

    Raises:
        InputError: if there is no such folder.
    """
    if folder is None:
        if str(path) == STANDARD_INPUT:
            raise InputError(
                f"{name}: the folder of the pictures is not known from standard input. Name it: "
                f"`{option}`.",
                code="no-folder",
                path=name,
            )
        folder = str(path).removesuffix(".gz").removesuffix(".json")
    if not is_folder(folder):
        raise InputError(
            f"{name}: there is no folder {folder} with its pictures. Put them there, or name "
            f"the right folder: `{option}`.",
            code="no-folder",
            path=name,
        )
    return Path(folder)


def _decoded(content: Content) -> tuple[_File, Numberings]:
    """The records of the file, and how their ids are numbered.

    Raises:
        FormatError: if it is not panoptic; the message names the record.
    """
    try:
        return _DECODER.decode(content.data.data), Numberings()
    except msgspec.ValidationError:
        pass  # an id may be text, or a larger number
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise refused_panoptic.explained(content, error) from None
    try:
        file = _ANY_DECODER.decode(content.data.data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise refused_panoptic.explained(content, error) from None
    return cast("_File", file), _numbered(file, content.name)


def _numbered(file: _AnyFile, source: str) -> Numberings:
    """Put every id into the form that is kept, and number them.

    Raises:
        FormatError: for a value that cannot be an id, or text beside numbers.
    """
    segments = [segment for a in file.annotations for segment in a.segments_info]
    of_image = [row for row, a in enumerate(file.annotations) for _ in a.segments_info]
    annotation, image, category = (
        f"{noun} #{{}}".format for noun in ("annotation", "image", "category")
    )

    def segment(row: int) -> str:
        return f"segment {segments[row].id} of annotation #{of_image[row]}"

    allow_ids(file.annotations, ("image_id",), annotation, source)
    allow_ids(segments, ("category_id",), segment, source)
    allow_ids(file.categories, ("id",), category, source)
    allow_ids(file.images, ("id",), image, source)
    of_images = [
        listed(file.annotations, "image_id", annotation),
        listed(file.images, "id", image),
    ]
    of_categories = [
        listed(file.categories, "id", category),
        listed(segments, "category_id", segment),
    ]
    return Numberings(
        numbering_of(of_images, "image", source), numbering_of(of_categories, "category", source)
    )


def _columns(file: _File, numbers: Numberings, source: str) -> PanopticSegments:
    """The records as columns."""
    annotations = file.annotations
    segments = [segment for a in annotations for segment in a.segments_info]
    image_id = numbers.image.column(a.image_id for a in annotations)
    lengths = _integers(len(a.segments_info) for a in annotations)
    check_categories(len(file.categories), source)
    things = [c.isthing for c in file.categories]
    return PanopticSegments(
        image_id=image_id,
        file_names=tuple(a.file_name for a in annotations),
        offsets=np.concatenate([[0], np.cumsum(lengths)]),
        id=_integers(s.id for s in segments),
        category_id=numbers.category.column(s.category_id for s in segments),
        area=np.array([math.nan if s.area is None else s.area for s in segments], np.float64),
        boxes=_boxes(segments),
        is_crowd=np.array([s.iscrowd == 1 for s in segments], np.bool_),
        categories=Categories(
            id=numbers.category.column(c.id for c in file.categories),
            keys=numbers.category.keys,
            names=tuple(c.name if c.name is not None else str(c.id) for c in file.categories),
        ),
        is_thing=None if None in things else np.array([t == 1 for t in things], np.bool_),
        images=Images(
            id=numbers.image.column(i.id for i in file.images),
            keys=numbers.image.keys,
            sizes=stated_sizes(file.images, source),
            file_names=tuple(i.file_name or "" for i in file.images),
        ),
        folder=Path(),
        source=source,
        notes=_notes(segments, source),
    )


def _notes(segments: list[_Segment], source: str) -> tuple[Note, ...]:
    """Notes on missing fields and their substitutes; predictions need neither."""
    no_area = sum(s.area is None for s in segments)
    no_crowd = sum(s.iscrowd is None for s in segments)
    notes = []
    if no_area:
        found = counted(no_area, "segment has", "segments have")
        message = f"{source}: {found} no area; the pixels of the picture are counted"
        notes.append(Note("area-computed", message, no_area))
    if no_crowd:
        found = counted(no_crowd, "segment has", "segments have")
        message = f"{source}: {found} no iscrowd; 0 is assumed"
        notes.append(Note("crowd-assumed", message, no_crowd))
    return tuple(notes)


def _integers(values: Iterable[int]) -> NDArray[np.int64]:
    """Whole numbers as a column."""
    return np.fromiter(values, np.int64)


def _boxes(segments: list[_Segment]) -> NDArray[np.float64]:
    """Boxes, float64, shape (S, 4), NaN rows where a segment has no four numbers."""
    none = [math.nan] * 4
    rows = [s.bbox if s.bbox is not None and len(s.bbox) == 4 else none for s in segments]
    return np.array(rows, np.float64).reshape(-1, 4)
