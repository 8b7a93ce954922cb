"""COCO panoptic files: a JSON file of segments, and a folder with a picture of ids per image."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

import msgspec
import numpy as np
from numpy.typing import NDArray

from segeval.data.columns import Categories, Images
from segeval.data.files import STANDARD_INPUT, Content, open_content
from segeval.data.panoptic import refused as refused_panoptic
from segeval.data.pictures.png import read_ids
from segeval.data.wrong_ids import repeated_ids
from segeval.errors import InputError, Note
from segeval.findings import raise_first, refusal
from segeval.words import counted

LARGEST_ID = (1 << 24) - 1
"""Three colours of 8 bits hold no larger one; 0 is void."""

_Whole = Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]
_Side = Annotated[int, msgspec.Meta(ge=-1, le=2**31 - 1)]
_Area = Annotated[float, msgspec.Meta(ge=0)]


class _Segment(msgspec.Struct, gc=False):
    id: Annotated[int, msgspec.Meta(ge=1, le=LARGEST_ID)]
    category_id: _Whole
    area: _Area | None = None
    iscrowd: int | bool | None = None
    bbox: list[float] | None = None


class _Annotation(msgspec.Struct, gc=False):
    image_id: _Whole
    file_name: str
    segments_info: list[_Segment]


class _Category(msgspec.Struct, gc=False):
    id: _Whole
    name: str | None = None
    isthing: int | bool | None = None


class _Image(msgspec.Struct, gc=False):
    id: _Whole
    height: _Side = -1
    width: _Side = -1
    file_name: str | None = None


class _File(msgspec.Struct, gc=False):
    annotations: list[_Annotation]
    categories: list[_Category] = []
    images: list[_Image] = []


_DECODER = msgspec.json.Decoder(_File)


@dataclass(frozen=True, eq=False, repr=False)
class PanopticSegments:
    """S segments of I pictures, in file order; the pictures stay on the disk.

    Attributes:
        image_id: of every picture, int64, shape (I,), each once.
        file_names: of the I pictures within the folder.
        offsets: segments of picture i are `offsets[i]:offsets[i + 1]`, int64, shape (I + 1,).
        id: ids in the picture, from 1 to 2^24 - 1, int64, shape (S,); each once per picture.
        category_id: int64, shape (S,).
        area: the file's `area` field in pixels, float64, shape (S,); NaN where missing.
        boxes: xywh in pixels, float64, shape (S, 4); NaN rows where missing.
        is_crowd: True for crowd regions, bool, shape (S,).
        categories: the categories of the file, none where it has no list of them.
        is_thing: whether each category is countable, bool, shape (K,); None if one does not say.
        images: the file's list of images, for their sizes and names.
        folder: where the pictures are.
        source: name of the JSON file, for messages.
        notes: what segments lack, of interest in ground truth only.
    """

    image_id: NDArray[np.int64]
    file_names: tuple[str, ...]
    offsets: NDArray[np.int64]
    id: NDArray[np.int64]
    category_id: NDArray[np.int64]
    area: NDArray[np.float64]
    boxes: NDArray[np.float64]
    is_crowd: NDArray[np.bool_]
    categories: Categories
    is_thing: NDArray[np.bool_] | None
    images: Images
    folder: Path
    source: str = "panoptic"
    notes: tuple[Note, ...] = ()

    def __len__(self) -> int:
        return len(self.image_id)

    def __repr__(self) -> str:
        """One line: the file and its counts."""
        return f"PanopticSegments({self.source}: {len(self):,} images, {len(self.id):,} segments)"

    def of_image(self, index: int) -> slice:
        """Where the segments of one picture are."""
        return slice(int(self.offsets[index]), int(self.offsets[index + 1]))

    def path(self, index: int) -> Path:
        """Where one picture is."""
        return self.folder / self.file_names[index]

    def picture(self, index: int) -> NDArray[np.int32]:
        """The ids of one picture, int32, shape (H, W); 0 is void.

        Raises:
            InputError: if there is no such picture.
            FormatError: if it is no PNG file with three colours of 8 bits.
        """
        try:
            return read_ids(self.path(index))
        except InputError as error:
            if error.code != "no-file":
                raise
            raise InputError(
                f"{self.path(index)}: no such file. {self.source} names it for image_id "
                f"{self.image_id[index]}.",
                code="no-file",
                path=error.path,
            ) from None

    def describe(self, segment: int) -> str:
        """How messages call one segment."""
        image = int(np.searchsorted(self.offsets, segment, side="right")) - 1
        return f"{self.source}: segment {self.id[segment]} (image_id {self.image_id[image]})"


def load_panoptic(path: str | Path, folder: str | Path | None = None) -> PanopticSegments:
    """Segments from a COCO panoptic JSON file; the pictures are only looked for.

    Args:
        path: of the JSON file, or of one compressed with gzip.
        folder: with the pictures; None for the path without `.json`, as COCO has it.

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
    file = _decoded(content)
    return replace(_columns(file, content.name), folder=_folder(path, folder, content.name))


def _folder(path: str | Path, folder: str | Path | None, name: str) -> Path:
    """The folder of the pictures."""
    if folder is None:
        if str(path) == STANDARD_INPUT:
            raise InputError(
                "the folder of the pictures is not known from standard input. Name it.",
                code="no-folder",
                path=name,
            )
        folder = str(path).removesuffix(".gz").removesuffix(".json")
    if not Path(folder).is_dir():
        raise InputError(
            f"{name}: there is no folder {folder} with its pictures. Name the right one: "
            "`preds_dir` or `gt_dir`.",
            code="no-folder",
            path=name,
        )
    return Path(folder)


def _decoded(content: Content) -> _File:
    """The records of the file.

    Raises:
        FormatError: if it is not panoptic; the message names the record.
    """
    try:
        return _DECODER.decode(content.data.data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise refused_panoptic.explained(content, error) from None


def _columns(file: _File, source: str) -> PanopticSegments:
    """The records as columns, with every id checked to be there once."""
    annotations = file.annotations
    segments = [segment for a in annotations for segment in a.segments_info]
    image_id = _integers(a.image_id for a in annotations)
    lengths = _integers(len(a.segments_info) for a in annotations)
    raise_first(repeated_ids("image", image_id, source=source, field="image_id"))
    raise_first(repeated_ids("category", _integers(c.id for c in file.categories), source=source))
    things = [c.isthing for c in file.categories]
    found = PanopticSegments(
        image_id=image_id,
        file_names=tuple(a.file_name for a in annotations),
        offsets=np.concatenate([[0], np.cumsum(lengths)]),
        id=_integers(s.id for s in segments),
        category_id=_integers(s.category_id for s in segments),
        area=np.array([math.nan if s.area is None else s.area for s in segments], np.float64),
        boxes=_boxes(segments),
        is_crowd=np.array([s.iscrowd == 1 for s in segments], np.bool_),
        categories=Categories(
            id=_integers(c.id for c in file.categories),
            names=tuple(c.name if c.name is not None else str(c.id) for c in file.categories),
        ),
        is_thing=None if None in things else np.array([t == 1 for t in things], np.bool_),
        images=Images(
            id=_integers(i.id for i in file.images),
            sizes=np.array([(i.height, i.width) for i in file.images], np.int32).reshape(-1, 2),
            file_names=tuple(i.file_name or "" for i in file.images),
        ),
        folder=Path(),
        source=source,
        notes=_notes(segments, source),
    )
    _require_segments_once(found)
    return found


def _require_segments_once(panoptic: PanopticSegments) -> None:
    """Refuse a picture with two segments of one id."""
    image = np.repeat(np.arange(len(panoptic)), np.diff(panoptic.offsets))
    _, first = np.unique(image * (LARGEST_ID + 1) + panoptic.id, return_index=True)
    if len(first) < len(panoptic.id):
        again = np.setdiff1d(np.arange(len(panoptic.id)), first)
        first = int(again[0])
        which = f"segment {panoptic.id[first]} (image_id {panoptic.image_id[image[first]]})"
        raise refusal(
            panoptic.source,
            f"{which}: the image has two segments with this id, expected every id once per image",
            code="duplicate-id",
            rows=image[again],
            field="segments_info.id",
        )


def _notes(segments: list[_Segment], source: str) -> tuple[Note, ...]:
    """What was missing and how it is made up for; predictions need neither."""
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
    """Boxes, float64, shape (S, 4), NaN rows where there is none of four numbers."""
    none = [math.nan] * 4
    rows = [s.bbox if s.bbox is not None and len(s.bbox) == 4 else none for s in segments]
    return np.array(rows, np.float64).reshape(-1, 4)
