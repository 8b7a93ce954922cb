"""LVIS's annotations with COCO's categories, for AP* of models trained on COCO.

LVIS annotates COCO's images anew, and better. WordNet synsets link the categories of both.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, BinaryIO

import msgspec
import numpy as np
from msgspec import Raw
from numpy.typing import NDArray

from segeval.data.coco.read_ground_truth import ground_truth_of
from segeval.data.coco.structs import AnyCategory
from segeval.data.columns import GroundTruth, IdLists
from segeval.data.files import Content, open_content
from segeval.data.ids import rows_of
from segeval.data.whole_files import whole_file
from segeval.data.wrong_ids import unknown_ids, unknown_ids_of
from segeval.errors import Note
from segeval.findings import raise_first, refusal
from segeval.frozen import frozen
from segeval.words import counted, thousands

BATCH = 4096
"""Annotations rewritten at a time."""

Record = dict[str, Any]
"""One JSON object; parts that are not rewritten are `Raw`, and stay as in the file."""


@frozen
class Cocofied:
    """The outcome of converting an LVIS file.

    Attributes:
        path: path of the file written.
        images: number of images; all are kept.
        annotations: number of annotations kept.
        categories: number of categories kept.
        missing: names of COCO's categories that the LVIS file lacks.
        unused: names of those that it neither annotates nor verifies in any image.
        notes: notes on these, and on what was left out.
    """

    path: str
    images: int
    annotations: int
    categories: int
    missing: tuple[str, ...]
    unused: tuple[str, ...]
    notes: tuple[Note, ...]


class _Entry(msgspec.Struct, gc=False):
    coco_cat_id: Annotated[int, msgspec.Meta(ge=0, lt=2**31)]
    synset: str


def cocofy(lvis: str | Path, synsets: str | Path, output: str | Path) -> Cocofied:
    r"""Write an LVIS file with COCO's categories, on which AP* evaluates models of COCO.

    Annotations of other categories are dropped, the rest numbered from 1. Each image's lists of
    categories verified absent, or not exhaustively annotated, are translated: any other list would
    judge predictions where nobody looked. All other fields stay.

    Args:
        lvis: LVIS ground truth, .json or .json.gz; AP* is published on val of LVIS v0.5.
        synsets: `coco_to_synset.json` of the LVIS API: `coco_cat_id` and `synset` by name of the
            COCO category.
        output: the file to write, .json or .json.gz. It appears when it is complete.

    Raises:
        InputError: if a file cannot be read, or the folder of the output does not exist.
        FormatError: if a file is not LVIS ground truth or not such a map; the message names the
            record.

    Source:
        detectron2, datasets/prepare_cocofied_lvis.py; Kirillov et al. 2020, PointRend, section 4.

    Example:
        >>> import json, tempfile
        >>> image = {"id": 7, "neg_category_ids": [31], "not_exhaustive_category_ids": []}
        >>> names = ("acorn", "cat")
        >>> categories = [
        ...     {"id": 30 + k, "name": name, "synset": f"{name}.n.01", "frequency": "r"}
        ...     for k, name in enumerate(names)
        ... ]
        >>> gt = {"images": [image], "annotations": [], "categories": categories}
        >>> with tempfile.TemporaryDirectory() as name:
        ...     folder = Path(name)
        ...     _ = (folder / "lvis.json").write_text(json.dumps(gt))
        ...     cat = {"cat": {"coco_cat_id": 17, "synset": "cat.n.01"}}
        ...     _ = (folder / "map.json").write_text(json.dumps(cat))
        ...     done = cocofy(folder / "lvis.json", folder / "map.json", folder / "coco.json")
        ...     print(json.loads((folder / "coco.json").read_text())["images"])
        [{'id': 7, 'neg_category_ids': [17], 'not_exhaustive_category_ids': []}]
    """
    entries = _map(synsets)
    content = open_content(lvis)
    gt = ground_truth_of(content)
    content.restore()
    if not gt.is_lvis:
        gap = gt.lvis_gap or "images have no neg_category_ids"
        hint = "Expected LVIS ground truth, such as lvis_v0.5_val.json."
        raise refusal(gt.source, gap, code="not-lvis", hint=hint)
    fields = _fields(content)
    new_id, missing = _new_ids(gt, fields, entries)
    _check_categories(gt)
    kept = new_id[rows_of(gt.category_id, gt.categories.id)]
    path = Path(output)
    used = _used(gt, new_id, kept)
    with whole_file(path) as file:
        _write(file, fields, gt, new_id, kept, used)
    unused = [name for name, entry in entries.items() if entry.coco_cat_id not in used]
    unused = [name for name in unused if name not in missing]
    annotations = int((kept >= 0).sum())
    return Cocofied(
        path=str(output),
        images=len(gt.images),
        annotations=annotations,
        categories=len(used),
        missing=tuple(missing),
        unused=tuple(unused),
        notes=_notes(gt, annotations, missing, unused),
    )


def _map(path: str | Path) -> dict[str, _Entry]:
    """COCO's categories by name, each with its own id and synset."""
    content = open_content(path)
    try:
        entries = msgspec.json.decode(content.data.data, type=dict[str, _Entry])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise refusal(
            content.name,
            f"{error}",
            code="not-a-map",
            hint="Expected the form of LVIS's coco_to_synset.json: "
            '{"bench": {"coco_cat_id": 15, "synset": "bench.n.01"}, ...}.',
        ) from None
    for field in ("synset", "coco_cat_id"):
        first: dict[object, str] = {}
        for name, entry in entries.items():
            value = getattr(entry, field)
            if value in first:
                raise refusal(
                    content.name,
                    f"{first[value]!r} and {name!r} both have the {field} {value!r}, expected one "
                    "category for each",
                    code="repeated-category",
                    field=field,
                )
            first[value] = name
    return entries


def _fields(content: Content) -> dict[str, Raw]:
    """The fields of the file, unparsed; `ground_truth_of` has accepted it as an object."""
    try:
        return msgspec.json.decode(content.data.data, type=dict[str, Raw])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        hint = "Only strict JSON can be rewritten (without NaN and the like)."
        raise refusal(content.name, f"{error}", code="bad-json", hint=hint) from None


def _new_ids(
    gt: GroundTruth, fields: Mapping[str, Raw], entries: Mapping[str, _Entry]
) -> tuple[NDArray[np.int64], list[str]]:
    """COCO's id of each category of LVIS and, last, of an unknown one; -1 for none.

    The list holds the names of COCO's categories that the file lacks.
    """
    categories = msgspec.json.decode(fields["categories"], type=list[AnyCategory])
    coco = {entry.synset: entry.coco_cat_id for entry in entries.values()}
    without = [row for row, category in enumerate(categories) if not category.synset]
    if without:
        row = without[0]
        raise refusal(
            gt.source,
            f"category #{row} (id {gt.categories.shown(row)}) has no synset",
            code="no-synset",
            rows=without,
            field="synset",
            hint="LVIS's own files have one in every category.",
        )
    first: dict[str, int] = {}
    for row, category in enumerate(categories):
        synset = str(category.synset)
        if synset in coco and first.setdefault(synset, row) != row:
            raise refusal(
                gt.source,
                f"categories {gt.categories.shown(first[synset])} and {gt.categories.shown(row)} "
                f"both have the synset {synset}, expected one",
                code="repeated-synset",
                rows=row,
                field="synset",
            )
    new = [coco.get(str(category.synset), -1) for category in categories]
    return np.array([*new, -1], np.int64), [n for n, e in entries.items() if e.synset not in first]


def _check_categories(gt: GroundTruth) -> None:
    """Refuse annotations and lists with unknown categories."""
    raise_first(unknown_ids_of("category", gt, gt))
    for field, lists in _lists(gt).items():
        _check_list(gt, field, lists)


def _check_list(gt: GroundTruth, field: str, lists: IdLists) -> None:
    """Refuse an unknown category in one of the lists of the images."""
    image = np.repeat(np.arange(len(gt.images)), np.diff(lists.offsets))
    raise_first(
        unknown_ids(
            "category",
            lists.ids,
            gt.categories.id,
            source=gt.source,
            noun=f"entry of {field}",
            name=lambda row: f"image {gt.images.shown(int(image[row]))}",
            keys=gt.categories.keys,
            plural=f"entries of {field}",
            field=field,
            place=lambda row: int(image[row]),
        )
    )


def _lists(gt: GroundTruth) -> dict[str, IdLists]:
    """The images' lists of categories, by name of the field."""
    found = {
        "neg_category_ids": gt.images.negative,
        "not_exhaustive_category_ids": gt.images.not_exhaustive,
    }
    return {name: lists for name, lists in found.items() if lists is not None}


def _used(gt: GroundTruth, new_id: NDArray[np.int64], kept: NDArray[np.int64]) -> set[int]:
    """COCO's ids of the categories in an annotation or a list."""
    rows = (rows_of(lists.ids, gt.categories.id) for lists in _lists(gt).values())
    ids = [kept, *(new_id[each] for each in rows)]
    return set(np.concatenate(ids).tolist()) - {-1}


def _write(
    file: BinaryIO,
    fields: Mapping[str, Raw],
    gt: GroundTruth,
    new_id: NDArray[np.int64],
    kept: NDArray[np.int64],
    used: set[int],
) -> None:
    """Write the fields in file order, three of them rewritten, one record a line."""
    encode = msgspec.json.Encoder().encode
    separator = b"{"
    for name, raw in fields.items():
        file.write(separator + encode(name) + b":")
        separator = b",\n"
        match name:
            case "images":
                _write_lines(file, _images(gt, raw, new_id))
            case "categories":
                records = msgspec.json.decode(raw, type=list[Record])
                ids = new_id.tolist()
                found = [{**record, "id": ids[k]} for k, record in enumerate(records)]
                _write_lines(file, [record for record in found if record["id"] in used])
            case "annotations":
                _write_annotations(file, raw, kept)
            case _:
                file.write(bytes(raw))
    file.write(b"}\n")


def _write_lines(file: BinaryIO, records: list[Record]) -> None:
    """Write a JSON list."""
    encode = msgspec.json.Encoder().encode
    file.write(b"[" + b",\n".join(map(encode, records)) + b"]")


def _images(gt: GroundTruth, raw: Raw, new_id: NDArray[np.int64]) -> list[Record]:
    """The images, with COCO's ids in their lists."""
    records: list[Record] = msgspec.json.decode(raw, type=list[dict[str, Raw]])
    for name, lists in _lists(gt).items():
        ids = new_id[rows_of(lists.ids, gt.categories.id)].tolist()
        for i, record in enumerate(records):
            own = ids[lists.offsets[i] : lists.offsets[i + 1]]
            record[name] = [number for number in own if number >= 0]
    return records


def _write_annotations(file: BinaryIO, raw: Raw, kept: NDArray[np.int64]) -> None:
    """Write the annotations whose new category is one of COCO's, a batch at a time."""
    records = msgspec.json.decode(raw, type=list[Raw])
    decoder = msgspec.json.Decoder(dict[str, Raw])
    encode = msgspec.json.Encoder().encode
    rows = np.flatnonzero(kept >= 0)
    file.write(b"[")
    for first in range(0, len(rows), BATCH):
        batch = []
        for place, row in enumerate(rows[first : first + BATCH].tolist(), first + 1):
            record: Record = decoder.decode(records[row])
            batch.append(encode({**record, "id": place, "category_id": int(kept[row])}))
        file.write((b",\n" if first else b"") + b",\n".join(batch))
    file.write(b"]")


def _notes(
    gt: GroundTruth, annotations: int, missing: list[str], unused: list[str]
) -> tuple[Note, ...]:
    """Notes on what the new file lacks."""
    notes = []
    others = len(gt) - annotations
    if others:
        message = (
            f"{thousands(others)} of {counted(len(gt), 'annotation')} left out: of categories that "
            "COCO does not have"
        )
        notes.append(Note("other-categories", message, others))
    if missing:
        found = counted(len(missing), "category of COCO is", "categories of COCO are")
        message = f"{found} not in {gt.source}, and cannot be evaluated: {', '.join(missing)}"
        notes.append(Note("missing-categories", message, len(missing)))
    if unused:
        found = counted(len(unused), "category of COCO is", "categories of COCO are")
        whom = "it" if len(unused) == 1 else "them"
        message = f"{found} left out: no image is annotated or verified for {whom}"
        message = f"{message}: {', '.join(unused)}"
        notes.append(Note("unused-categories", message, len(unused)))
    return tuple(notes)
