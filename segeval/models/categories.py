"""Id and name of each class: from a data set, from a file of weights, or assumed."""

from __future__ import annotations

from collections.abc import Sequence

from segeval.data.coco.image_list import ImageList
from segeval.data.keys import BEYOND, Key, shown_key
from segeval.errors import FormatError, InputError, MismatchError, Note
from segeval.words import counted, more_like_it

Categories = tuple[tuple[int, str], ...]
"""(id, name) of each class, in the order of the classes."""

LARGEST_LABEL = (1 << 16) - 1
"""Largest id that a label map can hold."""


def categories_of_model(
    known: Categories | None,
    classes: int,
    listed: ImageList | None = None,
    *,
    weights: str,
    semantic: bool = False,
) -> tuple[Categories, tuple[Note, ...]]:
    """Id and name of each class of a model.

    Args:
        known: the categories in the file of weights; None if it has none, as in published files.
        classes: K.
        listed: the COCO file of the images, if there is one. Its categories, sorted by id, stand in
            for those that the weights lack, as is usual in training.
        weights: name of the file of weights, for messages.
        semantic: whether the ids become pixel values of a label map.

    Returns:
        The categories, and what the user should know about them.

    Raises:
        MismatchError: if the two files have different categories. A model may know fewer than the
            file has, as an expert does.
        InputError: if an id does not fit into a label map.
    """
    theirs = () if listed is None else numbered_categories(listed.categories, listed.source)
    source = listed.source if listed is not None else ""
    notes: tuple[Note, ...] = ()
    if known is None:
        found, notes = _assumed(classes, theirs, weights, source, semantic=semantic)
    else:
        found = known
        if len(known) < len(theirs) and set(known) < set(theirs):
            others = sorted(dict(theirs).keys() - dict(known).keys())
            text = (
                f"{weights} knows {len(known):,} of the {len(theirs):,} categories of {source}, "
                f"not {_named(others, dict(theirs))}"
            )
            notes = (Note("categories", text, len(others)),)
        elif theirs:
            require_same(theirs, known, source, f"of {weights}")
    wrong = [number for number, _ in found if not 0 <= number <= LARGEST_LABEL]
    if semantic and wrong:
        raise InputError(
            f"{weights}: category id {wrong[0]} does not fit into a label map, expected 0 to "
            f"{LARGEST_LABEL}.{more_like_it(len(wrong))}",
            code="label",
            path=weights,
        )
    return found, notes


def _assumed(
    classes: int, theirs: Categories, weights: str, source: str, *, semantic: bool
) -> tuple[Categories, tuple[Note, ...]]:
    """The categories assumed for weights that name none."""
    if theirs and len(theirs) != classes:
        raise MismatchError(
            f"{weights}: its model has {counted(classes, 'class', 'classes')}, {source} "
            f"{counted(len(theirs), 'category', 'categories')}.",
            code="categories",
            path=weights,
        )
    if theirs:
        message = f"{weights} does not name its categories: those of {source} are used, by id."
        return theirs, (Note("categories", message, classes),)
    first = 0 if semantic else 1
    message = f"{weights} does not name its categories: ids are {first} to {first + classes - 1}."
    names = tuple((first + each, f"class {first + each}") for each in range(classes))
    return names, (Note("categories", message, classes),)


def numbered_categories(found: Sequence[tuple[Key, str]], source: str) -> Categories:
    """The categories of a data set for a model, whose file names its classes by numbers.

    Args:
        found: (id, name) of the categories of the data set.
        source: the file, for messages.

    Raises:
        FormatError: if an id is text or at least 2^63.
    """
    wrong = [key for key, _ in found if isinstance(key, str) or key >= BEYOND]
    if wrong:
        raise FormatError(
            f"{source}: category id {shown_key(wrong[0])}, expected a whole number below 2^63: a "
            f"model's classes have such ids.{more_like_it(len(wrong))}",
            code="id-type",
            path=source,
            count=len(wrong),
            field="id",
        )
    return tuple((int(key), name) for key, name in found)


def ordered_categories(
    found: Sequence[tuple[int, str]], expected: Sequence[tuple[int, str]] | None, source: str
) -> Categories:
    """The categories of a data set in the order of their classes.

    Args:
        found: (id, name) of the categories of the data set.
        expected: the required categories in order, such as a checkpoint's; None for any.
        source: the file, for messages.

    Returns:
        `expected`, or else `found` sorted by id.

    Raises:
        MismatchError: if ids or names differ.
    """
    if expected is None:
        return tuple(sorted(found))
    require_same(found, expected, source)
    return tuple((int(key), name) for key, name in expected)


def require_same(
    found: Sequence[tuple[int, str]],
    expected: Sequence[tuple[int, str]],
    source: str,
    whose: str = "expected",
) -> None:
    """Refuse categories whose ids or names differ from the expected ones, in any order.

    Args:
        found: (id, name) of each category.
        expected: (id, name) of each expected category.
        source: the file of `found`.
        whose: owner of `expected` for messages, such as "of w.safetensors".

    Raises:
        MismatchError: if they differ.
    """
    have, want = dict(found), {int(key): name for key, name in expected}
    missing, more = sorted(want.keys() - have.keys()), sorted(have.keys() - want.keys())
    renamed = [key for key in sorted(have.keys() & want.keys()) if have[key] != want[key]]
    if not missing and not more and not renamed:
        return
    parts = [f"lacks {_named(missing, want)}"] if missing else []
    parts += [f"also has {_named(more, have)}"] if more else []
    if renamed:
        first = renamed[0]
        others = f" and {len(renamed) - 1:,} more names" if len(renamed) > 1 else ""
        parts.append(f"calls {first} {have[first]!r} instead of {want[first]!r}{others}")
    raise MismatchError(
        f"{source}: its categories differ from the {len(want):,} {whose}: it {', '.join(parts)}. "
        "Categories must have the same ids and names.",
        code="categories",
        path=source,
        count=len(missing) + len(more) + len(renamed),
    )


def _named(ids: Sequence[int], names: dict[int, str]) -> str:
    """The first of some categories, and the number of others."""
    more = f" and {len(ids) - 1:,} more" if len(ids) > 1 else ""
    return f"{ids[0]} ({names[ids[0]]}){more}"
