"""Names of numbers: key paths in JSON, the short names that people use, and those in tables."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from difflib import SequenceMatcher, get_close_matches
from typing import Any

from segeval.analysis.comparison.differences import family_of
from segeval.analysis.key_paths import KeyPath, dotted
from segeval.errors import InputError
from segeval.metrics.kinds import KINDS
from segeval.metrics.result import Result
from segeval.words import joined

PRIMARY = ("ap", "pq", "miou", "ap50", "cgf1")
"""Keys of main numbers, the one to prefer first."""

OF_PARTS = (*PRIMARY, "iou")
"""The same for parts: that of a category of label maps is its IoU."""

MOST_NEAR = 12
"""Most names that are looked at because they resemble a wrong one."""

CAPITALS = {
    "ap": "AP", "ap50": "AP50", "ap75": "AP75", "ar": "AR", "pq": "PQ", "sq": "SQ", "rq": "RQ",
    "miou": "mIoU", "iou": "IoU", "iiou": "iIoU", "fw_iou": "fw IoU", "f": "F",
    "group_miou": "group mIoU", "group_iiou": "group iIoU",
    "f_present": "F present", "f1": "F1", "macro_f1": "macro F1", "fpr": "FPR",
    "cgf1": "cgF1", "pmf1": "pmF1", "mcc": "IL_MCC",
}  # fmt: skip
"""Keys as people write them; others lose their underscores."""

PARTS = {
    "boundary": "boundary",
    "boundary_f": "boundary",
    "detectron2_boundary": "detectron2 boundary",
    "coco": "COCO",
    "image_level": "image-level",
}
"""Groups of numbers beside others, as their names begin."""

FLAT: dict[KeyPath, tuple[str, ...]] = {
    ("fw_iou",): ("fwiou",),
    ("boundary", "miou"): ("boundary_iou",),
}
"""Names of `flat` that follow from no place, in the form of `_plain`."""

LETTERS = {"sizes": "small medium large", "frequencies": "rare common frequent"}
"""Groups whose entries are called by their first letter, as in APs and APr."""


def primary_path(paths: Sequence[KeyPath]) -> KeyPath:
    """The main number of an evaluation: of its first kind of IoU, and of no part.

    Example:
        >>> primary_path([("segm", "ap50"), ("segm", "ap"), ("segm", "sizes", "small", "ap")])
        ('segm', 'ap')
    """
    alone = [path for path in paths if family_of(path) is None and "things" not in path]
    kinds = kinds_of(paths)
    of_first = [path for path in alone if not kinds or path[0] == kinds[0]]
    for key in PRIMARY:
        found = [path for path in of_first if path[-1] == key and len(path) <= 3]
        if found:
            return found[0]
    return alone[0]


def named_path(name: str, paths: Sequence[KeyPath], categories: Mapping[int | str, str]) -> KeyPath:
    """The number that a user names.

    Args:
        name: a key path such as "segm.sizes.small.ap", which may lack the first kind of IoU, or a
            short name such as "AP50", "APs", "APr", "boundary AP", "mIoU" or "PQ", or one of
            those of `flat`, such as "boundary/AP" or "AR_100".
        paths: all numbers.
        categories: names of the categories by their id.

    Raises:
        InputError: if there is no such number, or if several have the name.

    Example:
        >>> paths = [("segm", "ap"), ("segm", "sizes", "small", "ap"), ("boundary", "ap")]
        >>> named_path("APs", paths, {}), named_path("boundary AP", paths, {})
        (('segm', 'sizes', 'small', 'ap'), ('boundary', 'ap'))
        >>> named_path("boundary/AP", paths, {})
        ('boundary', 'ap')
    """
    if not isinstance(name, str):
        raise InputError(
            f"`metric` is {name!r}, expected text such as 'AP50' or {_example(paths)!r}.",
            code="metric",
            option="metric",
        )
    key_path = name.removeprefix("results.")
    slashes = key_path.replace("/", ".")
    kinds = kinds_of(paths)
    of_first = f"{kinds[0]}.{key_path}" if kinds else key_path
    for written in (key_path, of_first, slashes):
        for path in paths:
            if written == dotted(path):
                return path
    known: dict[str, list[KeyPath]] = {}
    for path in paths:
        known.setdefault(dotted(_with_names(path, categories)), []).append(path)
    for path in paths:
        for alias in dict.fromkeys(_aliases(path, kinds, categories)):
            known.setdefault(alias, []).append(path)
    found = known.get(key_path) or known.get(of_first) or known.get(_plain(name))
    if found is not None:
        return _only_one(name, found)
    alone = (path for path in paths if family_of(path) is None and "ar_by_max_dets" not in path)
    either = ", ".join(map(dotted, alone))
    hint = of_other_kind(name, kinds) or _meant(name, known, categories)
    raise InputError(
        f"`metric` is {name!r}, which is no number of this evaluation, expected one of {either} "
        f"or of a part, such as {_example(paths)}.{hint}",
        code="metric",
        option="metric",
    )


def _meant(
    name: str, known: Mapping[str, Sequence[KeyPath]], categories: Mapping[int | str, str]
) -> str:
    """Which number a wrong name may stand for, as a question; "" for none.

    A part by its name alone, such as "person" or "small", stands for its main number.

    Args:
        name: that is no number.
        known: numbers by their names.
        categories: names of the categories by their id.
    """
    forms: dict[str, set[KeyPath]] = {}
    for own, found in known.items():
        forms.setdefault(_plain(own), set()).update(found)
    for path in {path for found in known.values() for path in found}:
        *parts, _ = named = _with_names(path, categories)
        for form in (dotted(path), dotted(named[:-1]), *map(str, parts)):
            forms.setdefault(_plain(form), set()).add(path)
    asked = _plain(name)
    nearest = get_close_matches(asked, list(forms), MOST_NEAR)
    if not nearest:
        return ""
    ratios = [SequenceMatcher(None, form, asked).ratio() for form in nearest]
    near = [form for form, ratio in zip(nearest, ratios, strict=True) if ratio == max(ratios)]
    resembling = {path for form in near for path in forms[form]}
    path = min(resembling, key=lambda path: (_rank(path), len(path), dotted(path)))
    by_name = dotted(_with_names(path, categories))
    is_only_one = {*known.get(by_name, [])} == {path}
    return f" Did you mean {by_name if is_only_one else dotted(path)}?"


def _rank(path: KeyPath) -> int:
    """The place of a number among main ones, 0 for the first; others come after all of them."""
    key = path[-1]
    return OF_PARTS.index(key) if key in OF_PARTS else len(OF_PARTS)


def _only_one(name: str, found: Sequence[KeyPath]) -> KeyPath:
    """The first number of a name, which categories that have one name must not share.

    Raises:
        InputError: if the first is of a category, and another category has the same number.
    """
    first = found[0]
    if "categories" not in first[:-2]:
        return first
    at = first.index("categories") + 1
    same = [
        path[at]
        for path in found
        if (*path[:at], *path[at + 1 :]) == (*first[:at], *first[at + 1 :])
    ]
    if len(same) > 1:
        ids = joined([str(each) for each in same])
        raise InputError(
            f"`metric` is {name!r}, and the categories {ids} have this name. "
            f"Choose by id: {dotted(first)}.",
            code="metric",
            option="metric",
        )
    return first


def of_other_kind(name: str, kinds: Sequence[str]) -> str:
    """What to say about a number of a kind of IoU that was not measured; "" for others.

    Args:
        name: as the user wrote it.
        kinds: that were measured, such as "segm".
    """
    first = _plain(name).split("_")[0]
    asked = next((kind for kind, word in KINDS.items() if first in (kind, word)), None)
    if not kinds or asked is None or asked in kinds:
        return ""
    return f" Its kind of IoU is not measured: add {asked} to `iou`."


def number_name(
    path: KeyPath, paths: Sequence[KeyPath], categories: Mapping[int | str, str]
) -> str:
    """A number as tables call it; the kind of IoU is said where it is not the first.

    Example:
        >>> paths = [("segm", "ap"), ("boundary", "ap"), ("segm", "sizes", "small", "ap")]
        >>> [number_name(path, paths, {}) for path in paths]
        ['AP', 'boundary AP', 'AP_small']
        >>> paths = [("miou",), ("boundary", "miou"), ("boundary_f", "f"), ("trimap", 3, "miou")]
        >>> [number_name(path, paths, {}) for path in paths]
        ['mIoU', 'boundary mIoU', 'boundary F', 'mIoU in 3 px']
        >>> paths = [("thresholds", "0.50", "pmf1"), ("image_level", "mcc"), ("image_level", "f1")]
        >>> [number_name(path, paths, {}) for path in paths]
        ['pmF1 at IoU 0.50', 'image-level IL_MCC', 'image-level F1']
    """
    return _name(path, kinds_of(paths), categories)


def _name(path: KeyPath, kinds: Sequence[str], categories: Mapping[int | str, str]) -> str:
    """A number as tables call it; kinds are those that paths begin with."""
    kind, *rest = path if kinds else ("", *path)
    *parts, key = rest
    first = kinds[0] if kinds else ""
    name = CAPITALS.get(str(key), str(key).replace("_", " "))
    before = "" if kind == first else f"{KINDS[str(kind)]} "
    match parts:
        case [] | ["all"]:
            return before + name
        case ["sizes" | "frequencies", part]:
            return f"{before}{name}_{part}"
        case ["ar_by_max_dets"]:
            return f"{before}AR{key}"
        case ["pool"]:
            return f"{before}AP-pool" + ("" if key == "all" else f"_{key}")
        case ["categories", part]:
            return f"{before}{name} of {categories.get(part, part)}"
        case ["trimap", width]:
            return f"{before}{name} in {width:g} px" if isinstance(width, float | int) else name
        case ["things" | "stuff" as part]:
            return f"{before}{name}_{part[:2]}"
        case ["thresholds", part]:
            return f"{before}{name} at IoU {part}"
        case [part, *more] if part in PARTS:
            return f"{before}{PARTS[str(part)]} {_name((*more, key), (), categories)}"
    return before + " ".join([*map(str, parts), name])


def _example(paths: Sequence[KeyPath]) -> str:
    """A number of a part, or the last number."""
    return dotted(next((path for path in paths if family_of(path) is not None), paths[-1]))


def _aliases(
    path: KeyPath, kinds: Sequence[str], categories: Mapping[int | str, str]
) -> Iterator[str]:
    """Short names of a number, in the form of `_plain`; kinds are those that paths begin with."""
    kind, *rest = path if kinds else ("", *path)
    *parts, key = rest
    names = [str(key)]
    if parts[:1] and parts[0] in LETTERS and len(parts) == 2:
        names = [f"{key}_{parts[1]}"]
        if parts[1] in LETTERS[str(parts[0])].split():
            names.append(f"{key}{str(parts[1])[0]}")
    elif parts == ["ar_by_max_dets"]:
        names = [f"ar{key}", f"ar_{key}"]
    elif parts[:1] == ["categories"]:
        names = [f"{key}_{categories.get(part, part)}" for part in parts[1:2]]
    elif parts and parts != ["all"]:
        names = [f"{key}_{'_'.join(map(str, parts))}", f"{'_'.join(map(str, parts))}_{key}"]
        names += [f"{PARTS[str(part)]}_{key}" for part in parts if part in PARTS]
    yield from FLAT.get(path, ())
    yield _plain(_name(path, kinds, categories))
    for name in map(_plain, names):
        if not kind or kind == kinds[0]:
            yield name
            if name.endswith(("_things", "_stuff")):
                yield name.replace("_things", "_th").replace("_stuff", "_st")
        if kind:
            yield f"{kind}_{name}"
            yield f"{KINDS.get(str(kind), str(kind))}_{name}"


def kinds_of(paths: Sequence[KeyPath]) -> tuple[str, ...]:
    """Kinds of IoU, if that is what places of numbers begin with; none for label maps.

    Example:
        >>> kinds_of([("segm", "ap"), ("bbox", "ap")]), kinds_of([("miou",), ("boundary", "miou")])
        (('segm', 'bbox'), ())
    """
    kinds = tuple(dict.fromkeys(str(path[0]) for path in paths))
    return kinds if all(kind in KINDS for kind in kinds) else ()


def category_names(result: Result[Any]) -> dict[int | str, str]:
    """Names of the categories of a result by their id."""
    scores = result.scores
    if isinstance(scores, Mapping):
        scores = next(iter(scores.values()))
    return {each.id: each.name for each in getattr(scores, "categories", ())}


def _with_names(path: KeyPath, categories: Mapping[int | str, str]) -> KeyPath:
    """A path with names of categories in place of their ids."""
    return tuple(
        categories.get(key, key) if place and path[place - 1] == "categories" else key
        for place, key in enumerate(path)
    )


def _plain(name: str) -> str:
    """A name without capitals and with underscores for what separates its words."""
    return re.sub(r"[\s._/-]+", "_", name.strip().lower())
