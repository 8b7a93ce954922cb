"""Section 1 of any page: the main numbers of one model, or of two, and sentences made from them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from segeval.analysis.key_paths import KeyPath
from segeval.frozen import frozen
from segeval.reports.compared import (
    changed_categories,
    compared_sentence,
    footnote,
    is_told,
    means_over,
)
from segeval.reports.found import Found, Model
from segeval.reports.number_cells import difference_at, verdict_cell
from segeval.reports.page_table import Cell, name_of
from segeval.reports.wording import (
    between,
    between_signed,
    first_upper,
    in_brackets,
    interval_at,
)
from segeval.words import counted, percent, signed


@frozen
class Number:
    """A number of the table.

    Attributes:
        name: such as "AP" or "boundary AP".
        path: its place in JSON.
        values: of every model, fractions; None is undefined.
        is_main: whether it stands out: the main number by any kind of IoU.
    """

    name: str
    path: KeyPath
    values: tuple[float | None, ...]
    is_main: bool = False


@frozen
class MainNumber:
    """The number that sentences are about.

    Attributes:
        name: such as "AP" or "boundary AP".
        path: its place in JSON.
        values: of every model, fractions; None is undefined.
        images: how many it is of.
        undefined: why it would be undefined, of one model, and of two.
        category: what it is a mean over, one and several.
        categories: over how many of these the mean of each model is; () where all have the same.
    """

    name: str
    path: KeyPath
    values: tuple[float | None, ...]
    images: int
    undefined: tuple[str, str]
    category: tuple[str, str] = ("category", "categories")
    categories: tuple[int, ...] = ()


@frozen
class Headline:
    """A number as the page shows it.

    Attributes:
        name: such as "AP" or "boundary AP".
        values: of every model, in percent.
        intervals: of these, "" without one.
        difference: of two models, with its interval and verdict; None of one.
        is_main: whether it stands out.
    """

    name: str
    values: tuple[str, ...]
    intervals: tuple[str, ...]
    difference: tuple[str, str, Cell] | None = None
    is_main: bool = False


@frozen
class VerdictSection:
    """What a reader takes away.

    Attributes:
        sentences: four or fewer.
        headlines: the numbers.
        names: of the files of the models.
        footnote: what intervals speak of.
    """

    sentences: tuple[str, ...]
    headlines: tuple[Headline, ...]
    names: tuple[str, ...]
    footnote: str


def verdict_of(
    found: Found,
    main: MainNumber,
    numbers: Iterable[Number],
    *,
    about: str,
    losses: Iterable[str],
    changes: Iterable[str],
) -> VerdictSection:
    """The numbers and sentences of one model, or of two.

    Args:
        found: the results.
        main: the number that sentences are about.
        numbers: of the table, the main one among them.
        about: of one model, what the sentence on its number ends with.
        losses: of one model, sentences on what is lost; not read where its number is undefined.
        changes: of two models, sentences on how their errors differ; read only where they do.
    """
    if len(found.models) == 1:
        sentences = _on_one(found.models[0], main, about, losses)
    else:
        sentences = _on_two(found, main, changes)
    return VerdictSection(
        sentences=tuple(sentences),
        headlines=tuple(_headline(found, each) for each in numbers),
        names=tuple(name_of(model.name) for model in found.models),
        footnote=footnote(found.comparison, found.models[0].intervals.by_path),
    )


def all_missed(objects: int, called: str, predictions: str, letter: str = "") -> str:
    """The sentence on a model that predicts nothing.

    Args:
        objects: how many there are.
        called: what one of them is called.
        predictions: what there are none of.
        letter: of the model where there are two.

    Example:
        >>> all_missed(3, "object", "predictions"), all_missed(1, "object", "predictions", "B")
        ('There are no predictions: all 3 objects are missed.', \
'B has no predictions: the only object is missed.')
    """
    what = f"the only {called} is" if objects == 1 else f"all {counted(objects, called)} are"
    return f"{f'{letter} has' if letter else 'There are'} no {predictions}: {what} missed."


def _on_one(model: Model, main: MainNumber, about: str, losses: Iterable[str]) -> Iterator[str]:
    """The sentences on one model."""
    name, value = first_upper(main.name), main.values[0]
    if value is None:
        yield f"{name} is undefined: {main.undefined[0]}."
        return
    sure = in_brackets(between(interval_at(model.intervals, *main.path)))
    yield f"{name} is {percent(value)}{sure} on {counted(main.images, 'image')}{about}."
    yield from losses


def _on_two(found: Found, main: MainNumber, changes: Iterable[str]) -> Iterator[str]:
    """The sentences on two models."""
    a, b = main.values
    if a is None or b is None:
        yield f"{first_upper(main.name)} is undefined: {main.undefined[1]}."
        return
    names = [f"{model.letter} ({name_of(model.name)})" for model in found.models]
    yield compared_sentence(found.comparison, names, main.name, (a, b), main.images)
    if main.categories:
        yield from means_over(main.categories, *main.category)
    if is_told(found.comparison):
        yield from changes
        yield from changed_categories(found.comparison, *main.category)


def _headline(found: Found, number: Number) -> Headline:
    """A number with its intervals, and of two models with its difference."""
    return Headline(
        name=number.name,
        values=tuple(map(percent, number.values)),
        intervals=tuple(
            between(interval_at(model.intervals, *number.path)) for model in found.models
        ),
        difference=_difference(found, number.path),
        is_main=number.is_main,
    )


def _difference(found: Found, path: KeyPath) -> tuple[str, str, Cell] | None:
    """The difference of two models with its interval and verdict; None where it is undefined."""
    own = difference_at(found.comparison, path)
    if own is None or own.difference is None:
        return None
    return signed(own.difference), between_signed(own.interval), verdict_cell(own)
