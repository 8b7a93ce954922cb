"""Writing ground truth and predictions as COCO and LVIS files, whole or not at all."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, BinaryIO

import msgspec
import numpy as np
from numpy.typing import NDArray

from segeval.data.coco.prediction_lines import prediction_text
from segeval.data.columns import Categories, GroundTruth, IdLists, Images, Predictions
from segeval.data.keys import Key, Keys, written
from segeval.data.segmentations import Format, Segmentations
from segeval.data.whole_files import whole_file
from segeval.errors import FormatError, InputError

Record = dict[str, Any]

SLICE = 4096
"""Records turned into Python objects at a time."""


def save_predictions(preds: Predictions, path: str | Path) -> None:
    r"""Write predictions as a COCO results file.

    Numbers read back bit for bit, and masks keep their form. Equal columns give equal bytes.

    Args:
        preds: N predictions.
        path: `.json`, or `.jsonl` for one record a line; an added `.gz` compresses. The file
            appears when complete, and replaces an older one.

    Raises:
        InputError: for another suffix, or if the folder does not exist.
        FormatError: if a score or box is not finite, as JSON cannot hold it.

    Example:
        >>> import segeval, tempfile
        >>> preds = [{"image_id": 1, "category_id": 2, "bbox": [0, 0, 5, 5], "score": 0.5}]
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = Path(folder, "preds.json")
        ...     save_predictions(segeval.load_predictions(preds), path)
        ...     path.read_text()
        '[{"image_id":1,"category_id":2,"bbox":[0.0,0.0,5.0,5.0],"score":0.5}]\n'
    """
    path = with_suffix(path, (".json", ".jsonl"))
    _check_numbers(preds)
    is_lines = path.name.removesuffix(".gz").endswith(".jsonl")
    between, end = (b"\n", b"\n") if is_lines else (b",\n", b"]\n")
    with whole_file(path) as file:
        separator = b"" if is_lines else b"["
        for start in range(0, len(preds), SLICE):
            file.write(separator)
            file.write(_text(preds, start, min(start + SLICE, len(preds)), between))
            separator = between
        if len(preds):
            file.write(end)
        elif not is_lines:
            file.write(b"[]\n")


def _text(preds: Predictions, start: int, stop: int, between: bytes) -> bytes:
    """The records of a slice as JSON, with a text between two of them."""
    text = None if preds.extra else prediction_text(preds, start, stop, between)
    if text is not None:
        return text
    encode = msgspec.json.Encoder().encode
    return between.join([encode(record) for record in prediction_records(preds)(start, stop)])


def save_ground_truth(gt: GroundTruth, path: str | Path) -> None:
    """Write ground truth as a COCO file, or as an LVIS file if it has the keys of LVIS.

    Values missing in the columns (`area`, `iscrowd`, `bbox`, names) are left out; `ignore` is
    written where it is set.

    Args:
        gt: M annotations with their images and categories.
        path: `.json` or `.json.gz`. The file appears when complete, and replaces an older one.

    Raises:
        InputError: for another suffix, or if the folder does not exist.
        FormatError: if an area or box is not finite, as JSON cannot hold it.

    Example:
        >>> import segeval, tempfile
        >>> gt = {"images": [{"id": 1}], "categories": [{"id": 2, "name": "sofa"}]}
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = Path(folder, "gt.json")
        ...     save_ground_truth(segeval.load_ground_truth(gt | {"annotations": []}), path)
        ...     print(path.read_text().strip())
        {"images":[{"id":1}],
        "categories":[{"id":2,"name":"sofa"}],
        "annotations":[]}
    """
    path = with_suffix(path, (".json",))
    _require_finite("area", np.where(np.isnan(gt.area), 0, gt.area), gt.source)
    _require_finite("bbox", _present(gt.boxes), gt.source)
    with whole_file(path) as file:
        file.write(b'{"images":')
        _write_list(file, len(gt.images), image_records(gt.images, gt.categories.keys))
        file.write(b',\n"categories":')
        _write_list(file, len(gt.categories), category_records(gt.categories))
        file.write(b',\n"annotations":')
        _write_list(file, len(gt), _annotation_records(gt))
        file.write(b"}\n")


def with_suffix(path: str | Path, suffixes: tuple[str, ...]) -> Path:
    """The path, which must end in one of the suffixes, with or without `.gz`."""
    path = Path(path)
    if not path.name.removesuffix(".gz").endswith(suffixes):
        expected = ", ".join([*suffixes, *(f"{suffix}.gz" for suffix in suffixes)])
        raise InputError(
            f"{path}: the suffix gives the format, expected one of {expected}.",
            code="suffix",
            path=str(path),
        )
    return path


def _require_finite(field: str, values: NDArray[np.float64], source: str) -> None:
    """Refuse infinite numbers and NaN."""
    finite = np.isfinite(values).all(axis=tuple(range(1, values.ndim)))
    if not finite.all():
        index = int(np.argmin(finite))
        raise FormatError(
            f"{source}: record #{index}: {field} is {values[index].tolist()}, expected finite "
            "numbers. JSON has no others.",
            code="not-finite",
            path=source,
            index=index,
            field=field,
            count=int((~finite).sum()),
        )


def _check_numbers(preds: Predictions) -> None:
    """Refuse what JSON cannot hold."""
    for name, column in {"score": preds.score, **preds.extra}.items():
        _require_finite(name, column, preds.source)
    _require_finite("bbox", _present(preds.boxes), preds.source)


def _present(boxes: NDArray[np.float64]) -> NDArray[np.float64]:
    """Boxes (N, 4) with zeros where a record has none."""
    return np.where(np.isnan(boxes).all(axis=1, keepdims=True), 0, boxes)


def _write_list(file: BinaryIO, length: int, records: Callable[[int, int], list[Record]]) -> None:
    """Write a JSON list, one record a line."""
    encode = msgspec.json.Encoder().encode
    separator = b"["
    for batch in _batches(length, records):
        file.write(separator + b",\n".join([encode(record) for record in batch]))
        separator = b",\n"
    file.write(b"]" if length else b"[]")


def _batches(length: int, records: Callable[[int, int], list[Record]]) -> Iterator[list[Record]]:
    """The records of slices that cover `range(length)`."""
    for start in range(0, length, SLICE):
        yield records(start, min(start + SLICE, length))


def _record(names: tuple[str, ...], values: tuple[Any, ...]) -> Record:
    """One JSON object, without the fields that are None."""
    return {name: value for name, value in zip(names, values, strict=True) if value is not None}


def _boxes(boxes: NDArray[np.float64]) -> list[list[float] | None]:
    """Boxes (n, 4) as lists, None for a record without one."""
    rows: list[list[float] | None] = boxes.tolist()
    for place in np.flatnonzero(np.isnan(boxes).all(axis=1)):
        rows[place] = None
    return rows


def _segmentations(segments: Segmentations, start: int, stop: int) -> list[Any]:
    """Segmentations of a slice in COCO's form, None for a record without one."""
    found: list[Any] = [None] * (stop - start)
    strings = segments.strings
    for place, form in enumerate(segments.format[start:stop].tolist()):
        if form == Format.NONE:
            continue
        text = strings.bytes_of(start + place)
        # Lists are already JSON text; a line break in it would end a record of a .jsonl file.
        value = text.decode() if form == Format.STRING else msgspec.Raw(text.replace(b"\n", b" "))
        size = strings.sizes[start + place].tolist()
        found[place] = value if form == Format.POLYGON else {"size": size, "counts": value}
    return found


def prediction_records(preds: Predictions) -> Callable[[int, int], list[Record]]:
    """The records of a slice of predictions.

    Raises:
        FormatError: if a score or box is not finite, as JSON cannot hold it.
    """
    _check_numbers(preds)
    names = ("image_id", "category_id", "bbox", "score", *preds.extra, "segmentation")

    def records(start: int, stop: int) -> list[Record]:
        rows = zip(
            written(preds.image_id[start:stop], preds.image_keys),
            written(preds.category_id[start:stop], preds.category_keys),
            _boxes(preds.boxes[start:stop]),
            preds.score[start:stop].tolist(),
            *(column[start:stop].tolist() for column in preds.extra.values()),
            _segmentations(preds.segmentations, start, stop),
            strict=True,
        )
        return [_record(names, row) for row in rows]

    return records


def image_records(images: Images, listed: Keys | None) -> Callable[[int, int], list[Record]]:
    """The records of a slice of the images; `listed` are the keys of their lists."""
    size = ("height", "width")
    names = ("id", *size, "file_name", "neg_category_ids", "not_exhaustive_category_ids")
    ids = images.written_ids

    def values(i: int) -> tuple[Any, ...]:
        return (
            ids[i],
            *(None if side < 0 else side for side in images.sizes[i].tolist()),
            images.file_names[i] or None,
            _ids_of(images.negative, i, listed),
            _ids_of(images.not_exhaustive, i, listed),
        )

    def records(start: int, stop: int) -> list[Record]:
        return [_record(names, values(i)) for i in range(start, stop)]

    return records


def _ids_of(lists: IdLists | None, image: int, keys: Keys | None) -> list[Key] | None:
    """One image's list of category ids."""
    if lists is None:
        return None
    return written(lists.ids[lists.offsets[image] : lists.offsets[image + 1]], keys)


def category_records(categories: Categories) -> Callable[[int, int], list[Record]]:
    """The records of a slice of the categories."""
    frequencies = categories.frequencies
    ids = categories.written_ids

    def records(start: int, stop: int) -> list[Record]:
        return [
            _record(
                ("id", "name", "frequency"),
                (ids[k], categories.names[k], frequencies and frequencies[k]),
            )
            for k in range(start, stop)
        ]

    return records


def _annotation_records(gt: GroundTruth) -> Callable[[int, int], list[Record]]:
    """The records of a slice of the annotations."""
    names = ("id", "image_id", "category_id", "area", "iscrowd", "ignore", "bbox", "segmentation")

    def records(start: int, stop: int) -> list[Record]:
        part = slice(start, stop)
        crowd = zip(gt.is_crowd[part].tolist(), gt.crowd_missing[part].tolist(), strict=True)
        rows = zip(
            written(gt.id[part], gt.keys),
            written(gt.image_id[part], gt.images.keys),
            written(gt.category_id[part], gt.categories.keys),
            [None if np.isnan(area) else area for area in gt.area[part].tolist()],
            [None if missing else int(is_crowd) for is_crowd, missing in crowd],
            [1 if ignore else None for ignore in gt.ignore[part].tolist()],
            _boxes(gt.boxes[part]),
            _segmentations(gt.segmentations, start, stop),
            strict=True,
        )
        return [_record(names, row) for row in rows]

    return records
