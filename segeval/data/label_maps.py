"""Label maps: which files belong together, and their pixels as numbers from 0.

A label map gives every pixel the id of a class. An *index map* gives the class's place in the list
of a run instead, so that kernels need no list.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.data.cityscapes import frame_of
from segeval.data.classes import LabelClasses
from segeval.data.pictures import read_label_map
from segeval.data.wording import counted, more_like_it, size_text
from segeval.errors import FormatError, InputError, MismatchError, ShapeError
from segeval.masks.jit import kernel

SUFFIXES = (".png", ".npy")

LABEL_IDS, INSTANCE_IDS = "_labelIds.png", "_instanceIds.png"
"""How Cityscapes' files end: labels, and labels with the number of the instance."""

PALETTE = (25, 3)
"""Place and value of the byte of a PNG file that says that it has a palette."""

Source = Path | NDArray[Any]
"""A file, or an array in memory."""


@dataclass(frozen=True, eq=False)
class LabelPair:
    """A predicted and a true label map of one image.

    Attributes:
        pred: file or array of the prediction.
        gt: file or array of the ground truth.
        pred_name: what messages call the prediction.
        gt_name: likewise.
        instances: Cityscapes' file of instances beside the ground truth, None if there is none.
    """

    pred: Source
    gt: Source
    pred_name: str
    gt_name: str
    instances: Path | None = None

    def load(self) -> tuple[NDArray[Any], NDArray[Any]]:
        """Labels of the ground truth and of the prediction, shape (H, W), of one dtype.

        Raises:
            InputError: if a file is missing.
            FormatError: if one is no label map.
            MismatchError: if their sizes, or the bits of two pictures, differ.
        """
        gt, pred = read_labels(self.gt, self.gt_name), read_labels(self.pred, self.pred_name)
        if gt.shape != pred.shape:
            raise MismatchError(
                f"{self.pred_name}: has {size_text(pred.shape)} pixels, the ground truth "
                f"{self.gt_name} {size_text(gt.shape)}. Predictions must have the size of the "
                "ground truth.",
                code="sizes",
                path=self.pred_name,
            )
        if gt.dtype == pred.dtype:
            return gt, pred
        if _is_picture(self.gt) and _is_picture(self.pred):
            raise MismatchError(
                f"{self.pred_name}: has {8 * pred.itemsize} bits per pixel, the ground truth "
                f"{self.gt_name} {8 * gt.itemsize}. Are these files of the same kind? Write both "
                "with 8 bits or both with 16.",
                code="bits",
                path=self.pred_name,
            )
        return gt.astype(np.uint16), pred.astype(np.uint16)

    @property
    def palettes(self) -> int:
        """How many of the two files are pictures with a palette."""
        return sum(_has_palette(each) for each in (self.pred, self.gt) if isinstance(each, Path))


def label_pairs(
    preds: str | Path | Sequence[Any], gt: str | Path | Sequence[Any], classes: LabelClasses
) -> tuple[LabelPair, ...]:
    """Which prediction belongs to which ground truth, in the order of the ground truth's names.

    Args:
        preds: a folder, which is searched with its subfolders, or a file (.png, .npy); or arrays
            (H, W), or paths of files, one per image.
        gt: the same; arrays and lists of paths are paired by their place.
        classes: of the run; with Cityscapes' labels the files `*_labelIds.png` of a folder are
            taken alone.

    Raises:
        InputError: if a path is missing, or a folder has no label maps.
        MismatchError: if a file has no partner, or more than one.
    """
    if isinstance(preds, str | Path) and isinstance(gt, str | Path):
        return _pairs_of_paths(Path(preds), Path(gt), classes)
    if isinstance(preds, str | Path) or isinstance(gt, str | Path):
        raise InputError(
            "predictions and ground truth must both be paths or both be sequences.", code="inputs"
        )
    if len(preds) != len(gt):
        raise MismatchError(
            f"{counted(len(preds), 'predicted label map')} and {len(gt):,} of ground truth; they "
            "are paired by their place.",
            code="unpaired",
        )
    return tuple(
        LabelPair(
            Path(pred) if isinstance(pred, str) else pred,
            Path(true) if isinstance(true, str) else true,
            _name(pred, f"preds #{place}"),
            _name(true, f"gt #{place}"),
        )
        for place, (pred, true) in enumerate(zip(preds, gt, strict=True))
    )


def read_labels(source: Source, name: str) -> NDArray[Any]:
    """The labels of a file or an array, uint8 or uint16, C-contiguous, shape (H, W).

    Args:
        source: a .png or .npy file, or an array of whole numbers from 0 to 65535.
        name: what messages call it.

    Raises:
        InputError: if there is no such file.
        FormatError: if it is no label map, or a value is out of range.
        ShapeError: if an array has not two dimensions.
    """
    if isinstance(source, Path):
        labels = (
            _array_of_file(source) if source.suffix.lower() == ".npy" else read_label_map(source)
        )
    else:
        labels = np.asarray(source)
    if labels.ndim != 2 or not labels.size:
        raise ShapeError(
            f"{name}: has the shape {labels.shape}, expected a label map (H, W).",
            code="shape",
            path=name,
        )
    if labels.dtype == np.bool_:
        labels = labels.view(np.uint8)
    if not np.issubdtype(labels.dtype, np.integer):
        raise FormatError(
            f"{name}: holds {labels.dtype}, expected whole numbers. A label map has ids of "
            "classes, no probabilities.",
            code="dtype",
            path=name,
        )
    if labels.dtype not in (np.uint8, np.uint16):
        labels = _narrowed(labels, name)
    return np.ascontiguousarray(labels)


def index_map(labels: NDArray[Any], table: NDArray[Any]) -> NDArray[Any]:
    """The place of every pixel's class.

    Args:
        labels: uint8 or uint16, C-contiguous, shape (H, W).
        table: of `LabelClasses.table` for this dtype.

    Returns:
        0..C-1, C for ignored labels, C + 1 for unknown ones; of the table's dtype, shape (H, W).
    """
    places: NDArray[Any] = look_up(labels, table)
    return places


def unknown_label(
    labels: NDArray[Any], name: str, classes: LabelClasses, *, is_gt: bool
) -> FormatError:
    """The error for a label map with ids that are no classes.

    Args:
        labels: uint8 or uint16, shape (H, W), with at least one such id.
        name: of the file.
        classes: of the run.
        is_gt: whether it is ground truth.
    """
    wrong = np.argwhere(index_map(labels, classes.table(labels.dtype.type)) == len(classes) + 1)
    row, column = (int(place) for place in wrong[0])
    label = int(labels[row, column])
    hint = f"If such pixels are not labelled, ignore them: --ignore {label}."
    if classes.is_cityscapes:
        hint = "Train ids (0..18, 255)? Write label ids, or use --classes 19 --ignore 255."
    elif not is_gt:
        hint = "Predictions must have the ids of the ground truth."
    return FormatError(
        f"{name}: pixel at row {row}, column {column} has the label {label}, expected "
        f"{classes.known} (classes: {classes.source}).{more_like_it(len(wrong))} {hint}",
        code="unknown-label",
        path=name,
        count=len(wrong),
    )


@kernel
def look_up(labels: NDArray[Any], table: NDArray[Any]) -> NDArray[Any]:
    """table[labels] for labels (H, W) and a table (256,) or (65536,)."""
    height, width = labels.shape
    places = np.empty((height, width), table.dtype)
    for row in range(height):
        for column in range(width):
            places[row, column] = table[labels[row, column]]
    return places


def _pairs_of_paths(preds: Path, gt: Path, classes: LabelClasses) -> tuple[LabelPair, ...]:
    """Pairs of the files of two folders, or of two files."""
    for path in (preds, gt):
        if not path.exists():
            raise InputError(f"{path}: no such file or folder.", code="no-file", path=str(path))
    if preds.is_dir() != gt.is_dir():
        folder, file = (preds, gt) if preds.is_dir() else (gt, preds)
        raise InputError(
            f"{folder} is a folder and {file} a file, expected two folders or two files.",
            code="inputs",
            path=str(folder),
        )
    if not gt.is_dir():
        pairs = [(_label_file(preds), _label_file(gt))]
    else:
        pairs = _paired(preds, _files(preds), gt, _files(gt, label_ids=classes.is_cityscapes))
    return tuple(
        LabelPair(pred, true, str(pred), str(true), _instances(true, classes))
        for pred, true in pairs
    )


def _files(folder: Path, *, label_ids: bool = False) -> list[Path]:
    """The label maps of a folder and its subfolders, by name."""
    files = sorted(
        path
        for path in folder.rglob("*")
        if path.suffix.lower() in SUFFIXES
        and not any(part.startswith(".") for part in path.relative_to(folder).parts)
    )
    if not files:
        raise InputError(
            f"{folder}: has no label maps, expected files {' or '.join(SUFFIXES)}.",
            code="no-label-maps",
            path=str(folder),
        )
    named = [path for path in files if path.name.endswith(LABEL_IDS)] if label_ids else []
    return named or files


def _label_file(path: Path) -> Path:
    """A file that may be a label map."""
    if path.suffix.lower() not in SUFFIXES:
        raise InputError(
            f"{path}: expected a label map ({', '.join(SUFFIXES)}) or a folder of them.",
            code="suffix",
            path=str(path),
        )
    return path


def _paired(
    preds: Path, pred_files: list[Path], gt: Path, gt_files: list[Path]
) -> list[tuple[Path, Path]]:
    """Pairs by path, else by name without suffix, else by Cityscapes' frame."""
    ways: list[tuple[Callable[[Path], str | None], Callable[[Path], str | None]]] = [
        (lambda path: str(path.relative_to(preds)), lambda path: str(path.relative_to(gt))),
        (lambda path: path.stem, lambda path: path.stem),
        (frame_of, frame_of),
    ]
    problems: list[tuple[int, MismatchError]] = []
    for pred_key, gt_key in ways:
        of_preds, of_gt = _by_key(pred_files, pred_key), _by_key(gt_files, gt_key)
        if of_preds is None or of_gt is None:
            continue
        problem = _unpaired(preds, of_preds, gt, of_gt)
        if problem is None:
            return [(of_preds[key][0], of_gt[key][0]) for key in sorted(of_gt)]
        problems.append((len(of_preds.keys() & of_gt.keys()), problem))
    raise max(problems, key=lambda found: found[0])[1]  # the way that pairs the most files


def _by_key(
    files: Iterable[Path], key: Callable[[Path], str | None]
) -> dict[str, list[Path]] | None:
    """Files by their key; None if a file has none."""
    found: dict[str, list[Path]] = {}
    for file in files:
        name = key(file)
        if name is None:
            return None
        found.setdefault(name, []).append(file)
    return found


def _unpaired(
    preds: Path, of_preds: Mapping[str, list[Path]], gt: Path, of_gt: Mapping[str, list[Path]]
) -> MismatchError | None:
    """The error if two sets of files do not fit together one to one, else None."""
    for here, found in ((gt, of_gt), (preds, of_preds)):
        twice = next((files for files in found.values() if len(files) > 1), None)
        if twice is not None:
            return MismatchError(
                f"{here}: {twice[0].name} and {twice[1].name} are of the same image, expected one "
                "label map per image.",
                code="ambiguous",
                path=str(here),
            )
    lonely = sorted(of_gt.keys() - of_preds.keys()), sorted(of_preds.keys() - of_gt.keys())
    if lonely[0]:
        return MismatchError(
            f"{preds}: has no prediction for {of_gt[lonely[0][0]][0]}, expected one for each of "
            f"{counted(len(of_gt), 'label map')} of the ground truth."
            f"{more_like_it(len(lonely[0]))} Files are paired by their names.",
            code="unpaired",
            path=str(preds),
            count=len(lonely[0]),
        )
    if lonely[1]:
        return MismatchError(
            f"{gt}: has no ground truth for {of_preds[lonely[1][0]][0]}."
            f"{more_like_it(len(lonely[1]))} Files are paired by their names; give folders with "
            "the same images.",
            code="unpaired",
            path=str(gt),
            count=len(lonely[1]),
        )
    return None


def _instances(gt: Path, classes: LabelClasses) -> Path | None:
    """The file of instances beside a file of Cityscapes' labels."""
    if not (classes.is_cityscapes and gt.name.endswith(LABEL_IDS)):
        return None
    path = gt.with_name(gt.name.removesuffix(LABEL_IDS) + INSTANCE_IDS)
    return path if path.exists() else None


def _name(source: Any, otherwise: str) -> str:
    """The path of a file, and another name for an array."""
    return str(source) if isinstance(source, str | Path) else otherwise


def _array_of_file(path: Path) -> NDArray[Any]:
    """The array of a .npy file."""
    try:
        found: NDArray[Any] = np.load(path, allow_pickle=False)
    except FileNotFoundError:
        raise InputError(f"{path}: no such file.", code="no-file", path=str(path)) from None
    except (ValueError, EOFError, OSError) as error:
        raise FormatError(
            f"{path}: not a .npy file of numbers ({error}).", code="not-an-array", path=str(path)
        ) from None
    if not isinstance(found, np.ndarray):
        raise FormatError(f"{path}: not a .npy file.", code="not-an-array", path=str(path))
    return found


def _narrowed(labels: NDArray[Any], name: str) -> NDArray[Any]:
    """Labels in the smallest type that holds them."""
    low, high = int(labels.min()), int(labels.max())
    if low < 0 or high > np.iinfo(np.uint16).max:
        raise FormatError(
            f"{name}: has the label {low if low < 0 else high}, expected 0 to "
            f"{np.iinfo(np.uint16).max}. Write pixels without a label as an id of their own, such "
            "as 255, and ignore it.",
            code="label-range",
            path=name,
        )
    return labels.astype(np.uint8 if high <= np.iinfo(np.uint8).max else np.uint16)


def _is_picture(source: Source) -> bool:
    """Whether labels come from a PNG file."""
    return isinstance(source, Path) and source.suffix.lower() == ".png"


def _has_palette(path: Path) -> bool:
    """Whether a file is a PNG file with a palette."""
    if not _is_picture(path):
        return False
    place, value = PALETTE
    with path.open("rb") as file:
        head = file.read(place + 1)
    return len(head) > place and head[place] == value
