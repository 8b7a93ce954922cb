"""The evaluated labels of label maps, and their names."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from functools import cached_property
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.brief import Brief
from segeval.data.cityscapes import labels as cityscapes
from segeval.data.label_maps.class_names import ADE20K, CAMVID, VOC
from segeval.data.opening import named_bytes
from segeval.data.recognisers import known_bytes, other_format
from segeval.errors import FormatError, InputError
from segeval.frozen import frozen
from segeval.host_arrays import holds_several
from segeval.words import beginning, counted

LARGEST_ID = (1 << 16) - 1
"""Largest label in a picture of 16 bits."""

MOST_CLASSES = LARGEST_ID - 1
"""In 16 bits, two more indexes stand for ignored labels and for unknown ones."""

BYTE_CLASSES = 253
"""Most classes for which every entry of a table fits into a byte."""

INLINE = re.compile(r"\s*\d{1,9}=[^=,]+(,\s*\d{1,9}=[^=,]+)*")
"""Classes written out, such as "0=background,255=object"."""

JSON = ("is JSON", "Write an id and a name in each line.")
"""What a file of classes may be instead."""

LONGEST_TEXT = 80
"""Characters of a line that a message repeats."""

MOST_RUNS = 6
"""Most runs of ids listed in messages."""

OTHERS = "others"
"""In place of ids to ignore: every value that is not a class."""

CITYSCAPES, CITYSCAPES_TRAIN = "cityscapes", "cityscapes-train"
"""Presets: Cityscapes by its label ids, and by its train ids."""


@frozen(repr=False)
class LabelClasses(Brief):
    """The labels that label maps may hold.

    Attributes:
        ids: pixel values of the C evaluated classes.
        names: names of these classes.
        ignored: further ids that pixels may have. In ground truth they are void, and such pixels
            are not evaluated. In predictions they are misses.
        source: origin of the list: a preset, a file, or a number.
        groups: group of every class, such as "flat"; empty where there are no groups.
        ignores_others: whether every value that is not a class is ignored.

    Example:
        >>> LabelClasses((0, 1), ("sky", "sea"), ignored=(255,)).table(np.uint8)[[0, 1, 2, 255]]
        array([0, 1, 3, 2], dtype=uint8)
    """

    ids: tuple[int, ...]
    names: tuple[str, ...]
    ignored: tuple[int, ...] = ()
    source: str = "classes"
    groups: tuple[str, ...] = ()
    ignores_others: bool = False

    def __len__(self) -> int:
        """Number of classes."""
        return len(self.ids)

    def table(self, dtype: type[np.unsignedinteger]) -> NDArray[np.unsignedinteger]:
        """The class index of every value that a pixel can have.

        Args:
            dtype: dtype of the pixels, uint8 or uint16.

        Returns:
            0..C-1 for classes, C for ignored labels, C + 1 for ids that should not occur; uint8,
            or uint16 if there are more than 253 classes; shape (256,) or (65536,).
        """
        wide = np.uint8 if len(self) <= BYTE_CLASSES else np.uint16
        otherwise = len(self) if self.ignores_others else len(self) + 1
        table: NDArray[np.unsignedinteger] = np.full(np.iinfo(dtype).max + 1, otherwise, wide)
        for label in self.ignored:
            if 0 <= label < len(table):
                table[label] = len(self)
        for place, label in enumerate(self.ids):
            if label < len(table):
                table[label] = place
        return table

    def evaluated(self, gt: NDArray[np.unsignedinteger]) -> NDArray[np.bool_]:
        """Whether each pixel of a ground truth is of a class, bool, shape (H, W)."""
        return np.asarray(self.table(gt.dtype.type)[gt] < len(self))

    @cached_property
    def known(self) -> str:
        """All ids that may occur, for messages."""
        of_classes, either = runs_text(self.ids), runs_text((*self.ids, *self.ignored))
        if len(either) < len(of_classes):
            return f"{either} ({counted(len(self), 'class', 'classes')}, the others ignored)"
        return f"{of_classes} and {runs_text(self.ignored)} ignored" if self.ignored else of_classes

    @property
    def ignored_ids(self) -> list[int | str]:
        """The ignored ids as they are asked for."""
        return [*self.ignored, *([OTHERS] if self.ignores_others else [])]

    @property
    def is_cityscapes(self) -> bool:
        """Whether these are Cityscapes' label ids."""
        return self.source == CITYSCAPES

    @property
    def label_file(self) -> str | None:
        """Ending of the names of Cityscapes' files with these ids, None for other data."""
        endings = {CITYSCAPES: cityscapes.LABEL_FILE, CITYSCAPES_TRAIN: cityscapes.TRAIN_FILE}
        return endings.get(self.source)


Classes = str | int | Path | Mapping[int, str] | LabelClasses
"""How callers name classes, see `label_classes`."""

Ignored = int | str | Iterable[int | str]
"""How callers name ids to ignore, see `label_classes`."""


def label_classes(classes: Classes, ignore: Ignored = ()) -> LabelClasses:
    """The classes of a run.

    Args:
        classes: "cityscapes" (its label ids, 19 of which are evaluated), "cityscapes-train" (its
            train ids 0-18, 255 ignored), "ade20k" (1-150, 0 ignored), "camvid" (0-10, 11 ignored)
            or "voc" (0-20, 255 ignored); a number N for 0..N-1; a file with lines of an id and a
            name; or names by id, also as text: "0=background,255=object".
        ignore: further ids that are not evaluated; a class among them is dropped. "others" stands
            for every value that is not a class.

    Raises:
        InputError: if there is no such preset or file, or an id is out of range or given twice.
        FormatError: if a line of the file is not an id and a name.

    Example:
        >>> label_classes("camvid").ignored, label_classes(3, ignore=255).names
        ((11,), ('0', '1', '2'))
    """
    found = _listed(classes)
    extra, ignores_others = ids_to_ignore(ignore)
    if extra or ignores_others:
        dropped = set(extra)
        kept = [place for place, label in enumerate(found.ids) if label not in dropped]
        found = LabelClasses(
            tuple(found.ids[place] for place in kept),
            tuple(found.names[place] for place in kept),
            tuple(sorted({*found.ignored, *extra})),
            found.source,
            tuple(found.groups[place] for place in kept) if found.groups else (),
            ignores_others or found.ignores_others,
        )
    if not found.ids:
        raise InputError(f"{found.source}: no class is left to evaluate.", code="classes")
    _check_ids(found)
    return found


def ids_to_ignore(ignore: Ignored) -> tuple[tuple[int, ...], bool]:
    """Ids to ignore, and whether to ignore every value that is not a class."""
    found: Any = ignore
    given: tuple[Any, ...] = tuple(found) if holds_several(found) else (found,)
    wrong = [each for each in given if isinstance(each, str) and each != OTHERS]
    if wrong:
        raise InputError(
            f"`ignore` is {wrong[0]!r}, expected ids, or {OTHERS!r} for every value that is not a "
            "class.",
            code="ignore",
            option="ignore",
        )
    ids = tuple(_whole(each, "ignore") for each in given if not isinstance(each, str))
    return ids, OTHERS in given


def _whole(label: Any, option: str) -> int:
    """An id that is a whole number, or the text of one.

    Raises:
        InputError: for anything else: it would be another id.
    """
    is_text = isinstance(label, str) and label.strip().lstrip("-").isdecimal()
    is_exact = isinstance(label, float | np.floating) and float(label).is_integer()
    if isinstance(label, int | np.integer) or is_text or is_exact:
        return int(label)
    raise InputError(
        f"`{option}` holds {label!r}, expected ids, which are whole numbers.",
        code=option,
        option=option,
    )


def runs_text(ids: Iterable[int]) -> str:
    """Distinct ids as runs; of many runs the first, the number of ids that follow, and the largest.

    Example:
        >>> runs_text([7, 8, 11, 12, 13, 17]), runs_text(range(0, 34, 3)), runs_text([])
        ('7, 8, 11..13, 17', '0, 3, 6, 9, 12, 15 and 6 more up to 33', 'none')
    """
    runs: list[list[int]] = []
    for label in sorted(set(ids)):
        if runs and runs[-1][-1] == label - 1:
            runs[-1].append(label)
        else:
            runs.append([label])
    listed = ", ".join(
        f"{run[0]}..{run[-1]}" if len(run) > 2 else ", ".join(str(label) for label in run)
        for run in runs[:MOST_RUNS]
    )
    more = sum(len(run) for run in runs[MOST_RUNS:])
    return f"{listed} and {more} more up to {runs[-1][-1]}" if more else listed or "none"


def names_file(classes: Any) -> bool:
    """Whether classes are those of a file: no preset, no number, and no names written out.

    Example:
        >>> names_file("classes.txt"), names_file("voc"), names_file("0=sky,1=road")
        (True, False, False)
    """
    if not isinstance(classes, str | PathLike):
        return False
    text = str(classes)
    return text not in PRESETS and not text.isdecimal() and INLINE.fullmatch(text) is None


def _listed(classes: Classes) -> LabelClasses:
    """The classes by themselves."""
    if isinstance(classes, LabelClasses):
        return classes
    if names_file(classes):
        return _read(Path(str(classes)))
    if isinstance(classes, Mapping):
        ids = tuple(_whole(label, "classes") for label in classes)
        return LabelClasses(ids, tuple(str(name) for name in classes.values()))
    if not isinstance(classes, str | int | np.integer | PathLike):
        raise InputError(
            f"`classes` is {beginning(repr(classes), LONGEST_TEXT)}, expected a number of classes, "
            f"names by id such as {{0: 'sky', 1: 'sea'}}, a file, or one of {', '.join(PRESETS)}. "
            "A list of names in the order of the ids is `dict(enumerate(names))`.",
            code="classes",
            option="classes",
        )
    text = str(classes)
    if text in PRESETS:
        return PRESETS[text]
    if text.isdecimal():
        number = _number(text)
        if number is None or number > LARGEST_ID + 1:  # before they are made
            asked = beginning(text, LONGEST_TEXT)
            raise InputError(
                f"{asked} classes, expected at most {LARGEST_ID + 1:,}: a picture holds ids of 0 "
                f"to {LARGEST_ID}.",
                code="classes",
            )
        return LabelClasses(
            tuple(range(number)), tuple(str(label) for label in range(number)), source=text
        )
    return _written_out(text)


def _written_out(text: str) -> LabelClasses:
    """Classes from a text such as "0=background,255=object"."""
    pairs = [part.split("=") for part in text.split(",")]
    ids = [int(label) for label, _ in pairs]
    twice = next((label for label, times in Counter(ids).items() if times > 1), None)
    if twice is not None:
        raise InputError(
            f"`classes={text!r}`: id {twice} is given twice.", code="classes", option="classes"
        )
    return LabelClasses(tuple(ids), tuple(name.strip() for _, name in pairs), source=text)


def _read(path: Path) -> LabelClasses:
    """Classes from a file: each line has an id and a name; "#" starts a comment."""
    try:
        data = bytes(named_bytes(path, limit="file_bytes"))
        known = known_bytes(data) or (JSON if data.lstrip()[:1] in (b"{", b"[") else None)
        if known is not None:
            raise other_format(str(path), known, 'lines such as "7 road"')
        lines = data.decode("utf-8-sig").splitlines()
    except FileNotFoundError:
        listed = [name.strip() for name in str(path).split(",")]
        with_ids = ",".join(f"{place}={name}" for place, name in enumerate(listed))
        hint = f" Names need ids, such as `classes={with_ids!r}`." if listed[1:] else ""
        raise InputError(
            f"{path}: no such file of classes, and no preset of this name; expected a file with "
            f'lines such as "7 road", a number, or one of {", ".join(PRESETS)}.{hint}',
            option="classes",
            code="classes",
            path=str(path),
        ) from None
    except (UnicodeDecodeError, IsADirectoryError) as error:
        reason = "a folder" if isinstance(error, IsADirectoryError) else "not a text file"
        raise FormatError(
            f'{path}: {reason}, expected a file with lines such as "7 road", a number, or one of '
            f"{', '.join(PRESETS)}.",
            code="classes",
            path=str(path),
        ) from None
    names: dict[int, str] = {}
    for place, line in enumerate(lines):
        label, _, name = line.partition("#")[0].strip().replace("\t", " ").partition(" ")
        if not label and not name:
            continue
        number = _number(label)
        if number is None or not name.strip() or number in names:
            is_again = number in names
            what = beginning(line.strip(), LONGEST_TEXT)
            reason = f"id {label} is given twice" if is_again else f"{what!r} is not a class"
            if not is_again and not any(each.lstrip()[:1].isdigit() for each in lines):
                raise _bare_names(path, what)
            raise FormatError(
                f'{path}: line {place + 1}: {reason}, expected an id and a name, such as "7 road".',
                code="classes",
                path=str(path),
                index=place,
            )
        names[number] = name.strip()
    return LabelClasses(tuple(names), tuple(names.values()), source=str(path))


def _bare_names(path: Path, first: str) -> FormatError:
    """The error for a file of names alone, which do not say what the pixels of each are."""
    return FormatError(
        f"{path}: no line has an id, expected an id and a name in each: the first is {first!r}. "
        f'Write the value of its pixels before every name, such as "0 {first}".',
        code="classes",
        path=str(path),
        index=0,
    )


def _number(text: str) -> int | None:
    """A whole number of up to 18 digits; None for other text and for what no picture can hold."""
    return int(text) if text.isdecimal() and len(text) <= 18 else None


def _check_ids(classes: LabelClasses) -> None:
    """Refuse ids that no picture can hold, and more classes than maps of indexes can."""
    if len(classes) > MOST_CLASSES:
        raise InputError(
            f"{classes.source}: {len(classes):,} classes, expected at most {MOST_CLASSES:,}.",
            code="classes",
        )
    wrong = [label for label in classes.ids if not 0 <= label <= LARGEST_ID]
    if wrong:
        raise InputError(
            f"{classes.source}: class id {wrong[0]}, expected 0 to {LARGEST_ID}.", code="classes"
        )


PRESETS = {
    CITYSCAPES: LabelClasses(
        tuple(label.id for label in cityscapes.EVALUATED),
        tuple(label.name for label in cityscapes.EVALUATED),
        tuple(label.id for label in cityscapes.LABELS if label.ignored and label.id >= 0),
        CITYSCAPES,
        tuple(label.group for label in cityscapes.EVALUATED),
    ),
    CITYSCAPES_TRAIN: LabelClasses(
        tuple(range(len(cityscapes.EVALUATED))),
        tuple(label.name for label in cityscapes.EVALUATED),
        (cityscapes.TRAIN_VOID,),
        CITYSCAPES_TRAIN,
        tuple(label.group for label in cityscapes.EVALUATED),
    ),
    "ade20k": LabelClasses(tuple(range(1, 151)), ADE20K, (0,), "ade20k"),
    "camvid": LabelClasses(tuple(range(11)), CAMVID, (11,), "camvid"),
    "voc": LabelClasses(tuple(range(21)), VOC, (255,), "voc"),
}
"""Classes of data sets, by name."""
