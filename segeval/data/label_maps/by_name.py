"""Files of one image in several folders, found by their names."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from segeval.data.chosen import one_file
from segeval.data.cityscapes.labels import INSTANCE_FILE, LABEL_FILE, TRAIN_FILE, frame_of
from segeval.data.label_maps.classes import CITYSCAPES, CITYSCAPES_TRAIN
from segeval.errors import InputError, MismatchError
from segeval.findings import refusal
from segeval.words import counted, first_few

Key = Callable[[Path], str | None]
"""What names the image of a file; None if the file has no such name."""

Way = tuple[Key, Key]
"""The keys by which files of the predictions and of the ground truth are paired."""

NOUN = "label map"
"""What a file is, for messages."""

NAMES_SHOWN = 3
"""Most names of either side shown where names differ."""

TO_CHOOSE = (
    f"Of Cityscapes' files, `classes='{CITYSCAPES}'` takes *{LABEL_FILE} and "
    f"`classes='{CITYSCAPES_TRAIN}'` takes *{TRAIN_FILE}."
)


def stem_of(path: Path) -> str:
    """The name without its suffix."""
    return path.stem


def paired(
    preds: Path,
    pred_files: list[Path],
    gt: Path,
    gt_files: list[Path],
    ways: Sequence[Way],
    *,
    noun: str = NOUN,
) -> dict[str, tuple[Path, Path]]:
    """Pairs by the first way that gives each file of one side one of the other.

    Args:
        preds: folder or file of the predictions.
        pred_files: its files.
        gt: folder or file of the ground truth.
        gt_files: its files.
        ways: by which files are paired, the first that are equally good first.
        noun: what a file is, for messages.

    Raises:
        MismatchError: if a file has no partner, or more than one.
    """
    pairs, problem = paired_so_far(preds, pred_files, gt, gt_files, ways, noun=noun)
    if problem is not None:
        raise problem
    return pairs


def paired_so_far(
    preds: Path,
    pred_files: list[Path],
    gt: Path,
    gt_files: list[Path],
    ways: Sequence[Way],
    *,
    noun: str = NOUN,
) -> tuple[dict[str, tuple[Path, Path]], InputError | None]:
    """The pairs that there are, and the error that `paired`, with the same arguments, raises."""
    problems: list[tuple[dict[str, tuple[Path, Path]], InputError]] = []
    for pred_key, gt_key in ways:
        of_preds, of_gt = keys_of(pred_files, pred_key), keys_of(gt_files, gt_key)
        if of_preds is None or of_gt is None:
            continue
        problem = _unpaired(preds, of_preds, gt, of_gt, noun)
        common = sorted(of_gt.keys() & of_preds.keys())
        pairs = {key: (of_preds[key][0], of_gt[key][0]) for key in common}
        if problem is None:
            return pairs, None
        problems.append((pairs, problem))
    return max(problems, key=lambda found: len(found[0]))  # the way that pairs the most files


def paired_image(
    preds: Path,
    pred_files: list[Path],
    gt: Path,
    gt_files: list[Path],
    ways: Sequence[Way],
    image: int | str,
) -> tuple[str, tuple[Path, Path]]:
    """The pair of one image with its key, by the way that pairs the most files.

    Args:
        preds: folder or file of the predictions.
        pred_files: its label maps; those of other images may be missing.
        gt: folder or file of the ground truth.
        gt_files: its label maps.
        ways: by which files are paired, the first that are equally good first.
        image: as in `one_file`, or the key by which its files are paired.

    Raises:
        InputError: for an image that the ground truth lacks, with its nearest names.
        MismatchError: if the image has no prediction, or several files.
    """
    keyed = [(keys_of(pred_files, own), keys_of(gt_files, its)) for own, its in ways]
    found = [(own, its) for own, its in keyed if own is not None and its is not None]
    of_preds, of_gt = max(found, key=lambda each: len(each[0].keys() & each[1].keys()))
    key = str(image)
    if key not in of_gt:
        paths = {str(path).removeprefix(f"{gt}/"): key for key in of_gt for path in of_gt[key]}
        key = paths[[*paths][one_file(image, [*paths], source=str(gt), option="image")]]
    if key not in of_preds:
        others = _shown(of_preds, sorted(of_preds.keys() - of_gt.keys()))
        raise refusal(
            str(preds),
            f"has no prediction for {of_gt[key][0]}",
            code="unpaired",
            count=1,
            error=MismatchError,
            hint=f"Files are paired by their names. Found {others} in {preds}.",
        )
    problem = _unpaired(preds, {key: of_preds[key]}, gt, {key: of_gt[key]})
    if problem is not None:
        raise problem
    return key, (of_preds[key][0], of_gt[key][0])


def alike(folders: Sequence[Path], files: Sequence[list[Path]]) -> dict[str, tuple[Path, ...]]:
    """The files of each image in the folders of several models, by the image's name, in order.

    Images are named by the first way that finds the same ones in all folders: the path in the
    folder without suffix, the name without suffix, or Cityscapes' city, sequence and frame.

    Args:
        folders: of the models.
        files: label maps of each.

    Raises:
        MismatchError: if a model lacks an image of another, or has two label maps of one.
    """
    problems: list[tuple[int, InputError]] = []
    for way in (None, stem_of, frame_of):
        found = [
            keys_of(own, way or path_in(folder)) for folder, own in zip(folders, files, strict=True)
        ]
        known = [each for each in found if each is not None]
        if len(known) < len(found):
            continue
        problem = _unlike(folders, known)
        if problem is None:
            return {key: tuple(each[key][0] for each in known) for key in sorted(known[0])}
        problems.append((len(set.intersection(*map(set, known))), problem))
    raise max(problems, key=lambda found: found[0])[1]


def path_in(folder: Path) -> Key:
    """The key of files by their paths in a folder, without suffix."""
    return lambda path: path.relative_to(folder).with_suffix("").as_posix()


def _unlike(
    folders: Sequence[Path], found: Sequence[Mapping[str, list[Path]]]
) -> InputError | None:
    """The error if several folders do not have the same images, else None."""
    for folder, own in zip(folders, found, strict=True):
        if (problem := _twice(folder, own)) is not None:
            return problem
    for folder, own in zip(folders, found, strict=True):
        for other, its in zip(folders, found, strict=True):
            lacking = sorted(its.keys() - own.keys())
            if not lacking:
                continue
            more = sorted(own.keys() - its.keys())
            return refusal(
                str(folder),
                f"has no label map for {its[lacking[0]][0]}, expected the same images of every "
                "model",
                code="unpaired",
                count=len(lacking),
                error=MismatchError,
                hint="Files are paired by their names. "
                f"{_only_in(folder, own, more)}{_only_in(other, its, lacking)}".rstrip(),
            )
    return None


def keys_of(
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
    preds: Path,
    of_preds: Mapping[str, list[Path]],
    gt: Path,
    of_gt: Mapping[str, list[Path]],
    noun: str = NOUN,
) -> InputError | None:
    """The error if two sets of files do not match one to one, else None."""
    for here, found in ((gt, of_gt), (preds, of_preds)):
        if (problem := _twice(here, found, noun)) is not None:
            return problem
    lonely = sorted(of_gt.keys() - of_preds.keys()), sorted(of_preds.keys() - of_gt.keys())
    names = f"{_only_in(preds, of_preds, lonely[1])}{_only_in(gt, of_gt, lonely[0])}".rstrip()
    if lonely[0]:
        return refusal(
            str(preds),
            f"has no prediction for {of_gt[lonely[0][0]][0]}, expected one for each of "
            f"{counted(len(of_gt), noun)} of the ground truth",
            code="unpaired",
            count=len(lonely[0]),
            error=MismatchError,
            hint=f"Files are paired by their names. {names}",
        )
    if lonely[1]:
        return refusal(
            str(gt),
            f"has no ground truth for {of_preds[lonely[1][0]][0]}",
            code="unpaired",
            count=len(lonely[1]),
            error=MismatchError,
            hint=f"Files are paired by their names; give folders with the same images. {names}",
        )
    return None


def _twice(folder: Path, files: Mapping[str, list[Path]], noun: str = NOUN) -> InputError | None:
    """The error if two files of a folder are of one image, else None."""
    twice = next((each for each in files.values() if len(each) > 1), None)
    if twice is None:
        return None
    one, other = (str(path).removeprefix(f"{folder}/") for path in twice[:2])
    return MismatchError(
        f"{folder}: {one} and {other} are of the same image, expected one {noun} per image. "
        f"{_how_to_choose(twice)}",
        code="ambiguous",
        path=str(folder),
    )


def _how_to_choose(files: Sequence[Path]) -> str:
    """The hint about several files of one image."""
    if any(file.name.endswith((LABEL_FILE, TRAIN_FILE, INSTANCE_FILE)) for file in files):
        return TO_CHOOSE
    return "Give a folder with one kind of files."


def _only_in(folder: Path, files: Mapping[str, list[Path]], lonely: Sequence[str]) -> str:
    """A sentence and a space: the files of one side without a partner; nothing if there are none.

    Example:
        >>> _only_in(Path("gt"), {"3": [Path("gt/3.png")], "4": [Path("gt/4.png")]}, ["4"])
        'Only in gt: 4.png. '
    """
    if not lonely:
        return ""
    names = [str(files[key][0]).removeprefix(f"{folder}/") for key in lonely]
    return f"Only in {folder}: {first_few(names, NAMES_SHOWN)}. "


def _shown(files: Mapping[str, list[Path]], lonely: Sequence[str]) -> str:
    """Two names of one side, those without a partner first."""
    keys = (*lonely, *sorted(files.keys() - set(lonely)))[:NAMES_SHOWN]
    return " and ".join(files[key][0].name for key in keys)
