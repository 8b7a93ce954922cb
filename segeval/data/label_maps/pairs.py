"""Pairs of label maps: a prediction and the ground truth of one image."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from segeval.data.beginnings import LOOKED_AT
from segeval.data.chosen import one_file
from segeval.data.cityscapes.labels import INSTANCE_FILE, LABEL_FILE, TRAIN_FILE, frame_of
from segeval.data.folder_files import files_below
from segeval.data.label_maps.by_name import Way, paired, paired_image, stem_of
from segeval.data.label_maps.classes import CITYSCAPES, CITYSCAPES_TRAIN, LabelClasses
from segeval.data.label_maps.read import Source, read_labels
from segeval.data.label_maps.semantic_json import drawn_labels
from segeval.data.opening import ordinary_file, readable
from segeval.data.paths import exists, is_folder
from segeval.data.pictures.png import read_label_map
from segeval.data.recognisers import known_bytes, other_format
from segeval.data.recognisers.first_bytes import PICTURES
from segeval.errors import InputError, MismatchError
from segeval.frozen import frozen
from segeval.words import counted, more_like_it, size_text

SUFFIXES = (".png", ".npy")

JSON_SUFFIXES = (".json", ".gz", ".xz", ".bz2", ".zip")
"""Endings of the names of files that may be detectron2's JSON of label maps."""

OTHER_PICTURES = (".jpg", ".jpeg", ".tif", ".tiff", ".bmp", ".gif", ".webp")
"""Files that users give in place of label maps."""

TO_PNG = "Label maps must be .png or .npy, which keep every id as it is."
"""The hint about pictures of other kinds."""


class LoadedPair(NamedTuple):
    """Labels of the prediction and of the ground truth, shape (H, W), of one dtype.

    `palettes` counts how many of the two are indices of a palette.
    """

    pred: NDArray[Any]
    gt: NDArray[Any]
    palettes: int


@frozen(eq=False)
class LabelPair:
    """A predicted and a true label map of one image.

    Attributes:
        pred: file or array of the prediction.
        gt: file or array of the ground truth.
        pred_name: name of the prediction in messages.
        gt_name: name of the ground truth in messages.
        key: key of the image, unique in the run.
        instance_file: Cityscapes' file of instances beside the ground truth, or None.
    """

    pred: Source
    gt: Source
    pred_name: str
    gt_name: str
    key: str
    instance_file: Path | None = None

    def load(self) -> LoadedPair:
        """Read both.

        Raises:
            InputError: if a file is missing.
            FormatError: if one is not a label map.
            MismatchError: if their sizes, or the bits of two pictures, differ.
        """
        pred, of_pred = read_labels(self.pred, self.pred_name)
        gt, of_gt = read_labels(self.gt, self.gt_name)
        if gt.shape != pred.shape:
            raise MismatchError(
                f"{self.pred_name}: has {size_text(pred.shape)} pixels, the ground truth "
                f"{self.gt_name} {size_text(gt.shape)}. Predictions must have the size of the "
                "ground truth.",
                code="size-differs",
                path=self.pred_name,
            )
        palettes = of_pred + of_gt
        if gt.dtype == pred.dtype:
            return LoadedPair(pred, gt, palettes)
        if _is_picture(self.gt) and _is_picture(self.pred):
            raise MismatchError(
                f"{self.pred_name}: has {8 * pred.itemsize} bits per pixel, the ground truth "
                f"{self.gt_name} {8 * gt.itemsize}. Are these files of the same kind? Write both "
                "with 8 bits or both with 16.",
                code="bits",
                path=self.pred_name,
            )
        return LoadedPair(pred.astype(np.uint16), gt.astype(np.uint16), palettes)


def load_instances(path: Path, size: Sequence[int]) -> NDArray[np.uint16]:
    """The ids of Cityscapes' file of instances beside a label map.

    Args:
        path: of the file.
        size: (H, W) of the label map.

    Raises:
        MismatchError: if the sizes differ.
    """
    ids: NDArray[np.uint16] = read_label_map(path).labels.astype(np.uint16, copy=False)
    if ids.shape != tuple(size):
        raise MismatchError(
            f"{path}: has {size_text(ids.shape)} pixels, the label map beside it "
            f"{size_text(size)}.",
            code="size-differs",
            path=str(path),
        )
    return ids


def label_pairs(
    preds: str | Path | Sequence[Any], gt: str | Path | Sequence[Any], classes: LabelClasses
) -> tuple[LabelPair, ...]:
    """Pairs of predictions and ground truth, in the order of the ground truth's names.

    Args:
        preds: a folder, searched with its subfolders, or a file (.png, .npy), or detectron2's
            sem_seg_predictions.json; or arrays (H, W) or paths of files, one per image.
        gt: the same; arrays and lists of paths are paired by position.
        classes: classes of the run; for Cityscapes' label ids only the files `*_labelIds.png` of a
            folder are taken if there are any, for its train ids `*_labelTrainIds.png`.

    Raises:
        InputError: if a path is missing, or a folder has no label maps with these ids.
        MismatchError: if a file has no partner, or more than one.
    """
    if isinstance(preds, str | Path) and isinstance(gt, str | Path):
        return _pairs_of_paths(Path(preds), Path(gt), classes)
    return _pairs_in_order(preds, gt)


def label_pair(
    preds: str | Path | Sequence[Any],
    gt: str | Path | Sequence[Any],
    classes: LabelClasses,
    image: int | str,
) -> LabelPair:
    """The pair of one image; of a folder, other images may have no prediction.

    Args:
        preds: as in `label_pairs`.
        gt: as in `label_pairs`.
        classes: as in `label_pairs`.
        image: its path in the folder, or the end of it without folders, each with or without
            suffix; of arrays its place.

    Raises:
        InputError: as `label_pairs`; or for an image that does not exist, with its nearest names.
        MismatchError: if the image has no prediction, or several.
    """
    if isinstance(preds, str | Path) and isinstance(gt, str | Path):
        [pair] = _pairs_of_paths(Path(preds), Path(gt), classes, image)
        return pair
    pairs = _pairs_in_order(preds, gt)
    keys = [pair.key for pair in pairs]
    return pairs[one_file(image, keys, source="the ground truth", option="image")]


def _pairs_in_order(
    preds: str | Path | Sequence[Any], gt: str | Path | Sequence[Any]
) -> tuple[LabelPair, ...]:
    """Pairs of arrays or paths, by their places."""
    if isinstance(preds, str | Path) or isinstance(gt, str | Path):
        raise InputError(
            "predictions and ground truth must both be paths or both be sequences.", code="input"
        )
    if len(preds) != len(gt):
        raise MismatchError(
            f"{counted(len(preds), 'predicted label map')} and {len(gt):,} of ground truth; they "
            "are paired by position.",
            code="unpaired",
        )
    keys = [_name(true, "") for true in gt]
    if "" in keys or len(set(keys)) < len(keys):
        keys = [f"{place:0{len(str(len(gt)))}}" for place in range(len(gt))]
    return tuple(
        LabelPair(
            Path(pred) if isinstance(pred, str) else pred,
            Path(true) if isinstance(true, str) else true,
            _name(pred, f"preds #{place}"),
            _name(true, f"gt #{place}"),
            keys[place],
        )
        for place, (pred, true) in enumerate(zip(preds, gt, strict=True))
    )


def _pairs_of_paths(
    preds: Path, gt: Path, classes: LabelClasses, image: int | str | None = None
) -> tuple[LabelPair, ...]:
    """Pairs of the files of two folders, or of two files; that of one image, or all."""
    for path in (preds, gt):
        if not exists(path):
            raise InputError(f"{path}: no such file or folder.", code="no-file", path=str(path))
    if preds.suffix.lower() in JSON_SUFFIXES and not is_folder(preds):
        return _pairs_of_json(preds, gt, classes, image)
    if is_folder(preds) != is_folder(gt):
        folder, file = (preds, gt) if is_folder(preds) else (gt, preds)
        raise InputError(
            f"{folder} is a folder and {file} a file, expected two folders or two files.",
            code="input",
            path=str(folder),
        )
    if not is_folder(gt):
        if image is not None:
            one_file(image, [gt.name], source=str(gt), option="image")
        pairs = {gt.name: (_label_file(preds), _label_file(gt))}
    else:
        ending = classes.label_file
        true = label_maps_below(gt, ending)
        check_kind(gt, true, ending)
        by_path: Way = (
            lambda path: path.relative_to(preds).as_posix(),
            lambda path: path.relative_to(gt).as_posix(),
        )
        ways = [by_path, (stem_of, stem_of), (frame_of, frame_of)]
        pairs = _paired(preds, label_maps_below(preds, ending), gt, true, ways, image)
    return tuple(
        LabelPair(pred, true, str(pred), str(true), key, _instance_file(true, classes))
        for key, (pred, true) in pairs.items()
    )


def _paired(
    preds: Path,
    pred_files: list[Path],
    gt: Path,
    gt_files: list[Path],
    ways: Sequence[Way],
    image: int | str | None,
) -> dict[str, tuple[Path, Path]]:
    """Pairs of all images, or of a single one, by their keys."""
    if image is None:
        return paired(preds, pred_files, gt, gt_files, ways)
    return dict([paired_image(preds, pred_files, gt, gt_files, ways, image)])


def _pairs_of_json(
    preds: Path, gt: Path, classes: LabelClasses, image: int | str | None
) -> tuple[LabelPair, ...]:
    """Pairs of the images of detectron2's JSON file and label maps; that of one image, or all."""
    found = drawn_labels(preds, classes)
    if is_folder(gt):
        true = label_maps_below(gt, classes.label_file)
        check_kind(gt, true, classes.label_file)
    else:
        true = [_label_file(gt)]
    ways: list[Way] = [(stem_of, stem_of), (frame_of, frame_of)]
    return tuple(
        LabelPair(
            found[pred],
            file,
            f"{preds}: {pred.name}",
            str(file),
            key,
            _instance_file(file, classes),
        )
        for key, (pred, file) in _paired(preds, list(found), gt, true, ways, image).items()
    )


def label_maps_below(folder: Path, ending: str | None) -> list[Path]:
    """The label maps of a folder and its subfolders, by name.

    Args:
        folder: an existing one.
        ending: of the names of Cityscapes' files of one kind of ids, which are taken alone if there
            are any; None for other data.

    Raises:
        InputError: if there are none.
    """
    files = files_below(folder, *(f"*{suffix}" for suffix in SUFFIXES))
    if not files:
        others = files_below(folder, *(f"*{suffix}" for suffix in OTHER_PICTURES))
        hint = ""
        if others:
            hint = (
                f" {others[0].name} is a picture of another kind.{more_like_it(len(others))} "
                f"{TO_PNG}"
            )
        raise InputError(
            f"{folder}: has no label maps, expected files {' or '.join(SUFFIXES)}.{hint}",
            code="no-label-maps",
            path=str(folder),
        )
    return [path for path in files if ending and path.name.endswith(ending)] or files


def files_read(folder: Path, classes: LabelClasses) -> list[Path]:
    """All files of a folder that `label_pairs` and `LabelPair` read, by name.

    Args:
        folder: an existing one.
        classes: classes of the run.

    Raises:
        InputError: if there are none.
    """
    found = label_maps_below(folder, classes.label_file)
    beside = (_instance_file(path, classes) for path in found)
    return [*found, *(path for path in beside if path is not None)]


def check_kind(gt: Path, files: list[Path], ending: str | None) -> None:
    """Refuse Cityscapes' ground truth with the other kind of ids.

    Raises:
        InputError: if the files are of the other kind.
    """
    if ending is None or files[0].name.endswith(ending):
        return
    other = LABEL_FILE if ending == TRAIN_FILE else TRAIN_FILE
    if any(path.name.endswith(other) for path in files):
        to_do = (
            "Make them with cityscapesScripts (csCreateTrainIdLabelImgs), or convert the "
            f"predictions to label ids and use `classes='{CITYSCAPES}'`."
            if ending == TRAIN_FILE
            else f"For train ids use `classes='{CITYSCAPES_TRAIN}'`."
        )
        raise InputError(
            f"{gt}: has files *{other}, but no *{ending}, which these classes need. {to_do}",
            code="no-label-maps",
            path=str(gt),
        )


def _label_file(path: Path) -> Path:
    """A file that may be a label map."""
    if path.suffix.lower() not in SUFFIXES:
        with readable(str(path)), ordinary_file(path) as file:
            known = known_bytes(file.read(LOOKED_AT))
        if known is not None:
            way = TO_PNG if known[1] == PICTURES else known[1]
            expected = f"a label map ({', '.join(SUFFIXES)}) or a folder of them"
            raise other_format(str(path), (known[0], way), expected)
        raise InputError(
            f"{path}: expected a label map ({', '.join(SUFFIXES)}) or a folder of them.",
            code="suffix",
            path=str(path),
        )
    return path


def _instance_file(gt: Path, classes: LabelClasses) -> Path | None:
    """The file of instances beside a file of Cityscapes' labels."""
    if not (classes.is_cityscapes and gt.name.endswith(LABEL_FILE)):
        return None
    path = gt.with_name(gt.name.removesuffix(LABEL_FILE) + INSTANCE_FILE)
    return path if exists(path) else None


def _name(source: Any, otherwise: str) -> str:
    """The path of a file, or a substitute for an array."""
    return str(source) if isinstance(source, str | Path) else otherwise


def _is_picture(source: Source) -> bool:
    """Whether labels come from a PNG file."""
    return isinstance(source, Path) and source.suffix.lower() == ".png"
