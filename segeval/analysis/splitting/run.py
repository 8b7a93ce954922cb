"""Ground truth and predictions in parts by image, from files to files."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.analysis.comparison.slices import (
    LabelSource,
    check_all_grouped,
    image_labels,
    named_source,
)
from segeval.analysis.splitting.dealing import part_of_images
from segeval.analysis.splitting.names import check_names, name_of_part
from segeval.analysis.splitting.result import (
    SPLIT,
    AbsentCategory,
    PartOfSplit,
    SplitScores,
    absent_notes,
)
from segeval.analysis.splitting.shares import Share, sizes_of_parts
from segeval.checks import ground_truth as of_gt
from segeval.checks.image_groups import images_in_groups
from segeval.checks.predictions import unknown_images
from segeval.checks.records import Records
from segeval.data import GroundTruth
from segeval.data.coco.record_parts import (
    ANNOTATIONS,
    IMAGES,
    RecordFile,
    read_ground_truth_records,
    read_prediction_records,
)
from segeval.data.ids import rows_of
from segeval.data.kinds_of_ids import paired
from segeval.data.whole_files import whole_folder
from segeval.errors import InputError, Note
from segeval.findings import Finding, note_of, raise_first
from segeval.metrics.result import Result
from segeval.words import counted


def split_files(
    gt: str | Path,
    preds: Sequence[str | Path] = (),
    *,
    folder: str | Path,
    parts: Mapping[str, Share],
    groups: LabelSource | None = None,
    stratify: bool = True,
    seed: int = 0,
    score_field: str = "score",
    skip_unknown: bool = False,
    overwrite: bool = False,
) -> Result[SplitScores]:
    """Write parts of a ground truth, and of predictions for it, by image.

    Records keep their bytes and their order, and each part of the ground truth has all other
    fields of the file: all categories, licences, and whatever else. The parts depend on the ids of
    the images, on their categories and on the seed, not on the order of the images.

    Args:
        gt: ground truth of COCO or LVIS, a file.
        preds: files of predictions, which are split as the ground truth is.
        folder: a new or empty folder. A file `gt.json` becomes `gt.fit.json` there for a part
            `fit`.
        parts: by name a fraction of the images, all summing to 1, or a whole number of images;
            None for the rest.
        groups: images that stay together, such as the frames of a video: a field of the images, a
            CSV file of image and label, or labels by id or file name. None if images stand alone.
        stratify: whether each category is spread in proportion, and rare ones over all parts where
            there are enough images of them; if not, images are dealt by chance alone.
        seed: another one gives other parts.
        score_field: name of the field with the score of a prediction.
        skip_unknown: leave out predictions of images that the ground truth lacks, and count them.
        overwrite: whether files of the same names in the folder may be replaced.

    Returns:
        What each part holds, and the paths of its files.

    Raises:
        InputError: for parts that cannot be made, and for a folder that cannot be written.
        FormatError: for a file that cannot be used.
        MismatchError: if predictions are of images that the ground truth lacks.

    Source:
        Sechidis et al. 2011, On the stratification of multi-label data (iterative stratification).

    Example:
        >>> from tempfile import TemporaryDirectory
        >>> from segeval.data.synthetic import furniture
        >>> with TemporaryDirectory() as name:
        ...     for file, content in furniture(images=20).to_json().items():
        ...         _ = Path(name, file).write_bytes(content)
        ...     gt, preds = Path(name, "gt.json"), Path(name, "model_a.json")
        ...     shares = {"fit": 0.75, "judge": 0.25}
        ...     found = split_files(gt, [preds], folder=Path(name, "parts"), parts=shares)
        ...     print(sorted(each.name for each in Path(name, "parts").iterdir()))
        ['gt.fit.json', 'gt.judge.json', 'model_a.fit.json', 'model_a.judge.json']
        >>> [part.images for part in found.scores.parts]
        [15, 5]
    """
    started = time.perf_counter()
    target = Path(folder)
    check_names([gt, *preds], parts, target)
    truth, records = read_ground_truth_records(gt)
    every = Records(truth, truth)
    raise_first(of_gt.repeated_ids(every))
    raise_first(of_gt.unknown_images(every, can_skip=False))
    sizes = sizes_of_parts(parts, len(truth.images))
    labels, notes = _groups(groups, gt, truth)
    part = part_of_images(truth, sizes, groups=labels, stratify=stratify, seed=seed)
    _check_filled(list(parts), sizes, part, labels)
    files = {"gt": gt, **{f"preds_{place}": path for place, path in enumerate(preds, 1)}}
    inputs: dict[str, dict[str, Any]] = {"gt": _about(truth)}
    totals: dict[str, list[int]] = {}
    with whole_folder(target, replaces=overwrite) as staged:
        _write_ground_truth(gt, truth, records, part, parts, staged)
        del records
        for role, path in list(files.items())[1:]:
            totals[role], unknown = _write_predictions(
                path, truth, part, parts, staged, score_field, skip_unknown=skip_unknown
            )
            inputs[role] = {"path": str(path), "count": sum(totals[role]) + unknown}
            notes += _unknown_notes(path, truth, unknown)
    found = _parts_of(truth, part, parts, totals, files, target)
    return Result(
        scores=SplitScores(
            str(folder), len(part), None if labels is None else len(set(labels)), found
        ),
        inputs=inputs,
        settings={
            "parts": dict(parts), "groups": named_source(groups), "stratify": stratify,
            "seed": seed, "score_field": score_field, "skip_unknown": skip_unknown,
        },
        notes=(*truth.notes, *notes, *absent_notes(found)),
        seconds=time.perf_counter() - started,
        about=SPLIT,
    )  # fmt: skip


def _about(gt: GroundTruth) -> dict[str, Any]:
    """The ground truth among the inputs of a result."""
    return {
        "path": gt.source, "images": len(gt.images), "annotations": len(gt),
        "categories": len(gt.categories),
    }  # fmt: skip


def _groups(
    source: LabelSource | None, path: str | Path, gt: GroundTruth
) -> tuple[list[str] | None, tuple[Note, ...]]:
    """The group of each image, None where images stand alone, and notes."""
    if source is None:
        found = images_in_groups(path, gt, fewest=2)
        return None, tuple(note_of(_of_parts(each)) for each in found)
    ids = gt.images.written_ids
    names = [name or "" for name in gt.images.file_names]
    labels = image_labels(source, gt=path, ids=ids, file_names=names, option="groups")
    return check_all_grouped(labels.of_images, ids), labels.notes


def _of_parts(found: Finding) -> Finding:
    """What is found of groups of images, with what it means for parts."""
    how = "`groups` takes a field of the images or a CSV file of image and group."
    if found.field is not None:
        how = f"`groups={found.field!r}` does."
    hint = (
        "If images of one group belong together, as the frames of a video do, they have to be in "
        f"one part: {how}"
    )
    return replace(found, hint=hint)


def _check_filled(
    names: Sequence[str],
    asked: NDArray[np.int64],
    part: NDArray[np.int64],
    groups: Sequence[str] | None,
) -> None:
    """Refuse parts that whole groups leave empty; `asked` are the images each should get."""
    sizes = np.bincount(part, minlength=len(names))
    if sizes.all():
        return
    empty = int(np.argmin(sizes))
    in_groups = Counter(groups)
    number = counted(len(in_groups), "group")
    raise InputError(
        f"`parts` leaves {names[empty]} without images: groups of images stay together. It should "
        f"get {counted(int(asked[empty]), 'image')}, and of {number} the smallest has "
        f"{min(in_groups.values()):,}",
        code="split-parts",
        option="parts",
    )


def _write_ground_truth(
    path: str | Path,
    gt: GroundTruth,
    records: RecordFile,
    part: NDArray[np.int64],
    parts: Mapping[str, Share],
    folder: Path,
) -> None:
    """Write the parts of the ground truth."""
    own = part[rows_of(gt.image_id, gt.images.id)]
    for place, name in enumerate(parts):
        rows = {IMAGES: np.flatnonzero(part == place), ANNOTATIONS: np.flatnonzero(own == place)}
        records.write(folder / name_of_part(path, name), rows)


def _write_predictions(
    path: str | Path,
    gt: GroundTruth,
    part: NDArray[np.int64],
    parts: Mapping[str, Share],
    folder: Path,
    score_field: str,
    *,
    skip_unknown: bool,
) -> tuple[list[int], int]:
    """Write the parts of one file of predictions; their numbers, and that of unknown images."""
    columns, records = read_prediction_records(path, score_field)
    preds, truth = paired(columns, gt, agnostic=True)
    if not skip_unknown:
        raise_first(unknown_images(Records(preds, truth)))
    own = np.append(part, -1)[rows_of(preds.image_id, truth.images.id)]
    images = _parts_of_listed(records, gt, part) if IMAGES in records.lists else part
    for place, name in enumerate(parts):
        kept = np.flatnonzero(own == place)
        rows = {"": kept, ANNOTATIONS: kept, IMAGES: np.flatnonzero(images == place)}
        records.write(folder / name_of_part(path, name), rows)
    return np.bincount(own[own >= 0], minlength=len(parts)).tolist(), int((own < 0).sum())


def _unknown_notes(path: str | Path, gt: GroundTruth, count: int) -> tuple[Note, ...]:
    """The note on predictions that are in no part, if there are any."""
    if not count:
        return ()
    many = counted(count, "prediction")
    message = f"{path}: {many} left out, of images that {gt.source} lacks"
    return (Note("unknown-image", message, count),)


def _parts_of_listed(
    records: RecordFile, gt: GroundTruth, part: NDArray[np.int64]
) -> NDArray[np.int64]:
    """The part of each image that a file of predictions lists, -1 for others, int64."""
    known: dict[int | float | str | None, int] = dict(
        zip(gt.images.written_ids, part.tolist(), strict=True)
    )
    return np.array([known.get(each, -1) for each in records.image_ids], np.int64)


def _parts_of(
    gt: GroundTruth,
    part: NDArray[np.int64],
    parts: Mapping[str, Share],
    totals: Mapping[str, Sequence[int]],
    files: Mapping[str, str | Path],
    folder: Path,
) -> tuple[PartOfSplit, ...]:
    """What each part holds."""
    image = rows_of(gt.image_id, gt.images.id)
    category = rows_of(gt.category_id, gt.categories.id)
    kinds = len(gt.categories)
    counts = ~gt.is_crowd & (category >= 0)
    pairs = np.unique(image[counts] * kinds + category[counts])
    in_images = np.bincount(pairs % kinds if kinds else pairs, minlength=kinds)
    found = []
    for place, name in enumerate(parts):
        inside = part[image] == place
        has = np.bincount(category[counts & inside], minlength=kinds) > 0
        absent = tuple(
            AbsentCategory(gt.categories.written_ids[row], gt.categories.names[row], each)
            for row, each in enumerate(in_images.tolist())
            if each and not has[row]
        )
        images = int((part == place).sum())
        found.append(
            PartOfSplit(
                name=name,
                images=images,
                share=images / len(part),
                annotations=int(inside.sum()),
                objects=int((inside & ~gt.is_crowd).sum()),
                categories=int(has.sum()),
                absent=absent,
                predictions={role: own[place] for role, own in totals.items()},
                files={
                    role: str(folder / name_of_part(path, name)) for role, path in files.items()
                },
            )
        )
    return tuple(found)
