"""A comparison as tables and titles."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from itertools import starmap
from typing import Any

from segeval.analysis.comparison.differences import Difference, family_of
from segeval.analysis.comparison.intervals import MOST_UNDEFINED
from segeval.analysis.comparison.plan import Plan
from segeval.analysis.comparison.scores import ComparisonScores, PairScores
from segeval.analysis.comparison.titles import correction_line
from segeval.analysis.comparison.verdicts import FEWEST_IMAGES, Verdict, points, verdict_text
from segeval.analysis.key_paths import KeyPath
from segeval.metrics.result import Result
from segeval.metrics.tables import Field, Table, Value
from segeval.words import counted, signed

HIDE_COUNT, HIDE_A, HIDE_P = 3, 2, 1

LETTERS = 26
"""Models that a letter stands for."""

SHOWN_APART = ("sizes", "frequencies", "trimap")
"""Groups of numbers that stand in the first table."""

NOT_TESTED = "*"
"""Behind the difference of a category that is not tested."""

MOST_CHANGED = 3
"""Categories of each direction that a line names."""


def all_tables(result: Result[ComparisonScores]) -> tuple[Table, ...]:
    """Overall numbers and sizes, categories, slices, images; of all pairs where there are more."""
    scores = result.scores
    several = len(scores.models) > 2
    found = [model_table(scores), plan_table(scores)] if several else []
    found += [number_table(scores, pair) for pair in scores.pairs]
    for pair in scores.pairs:
        found += [
            category_table(scores, pair),
            slice_table(scores, pair),
            image_table(scores, pair),
        ]
    return tuple(table for table in found if table.rows)


def flat(scores: ComparisonScores) -> dict[str, Any]:
    """The numbers of the first tables for a logger.

    Of two models such as `AP/difference` and `AP/low`; of more, the main number of each by its
    letter, and of every pair such as `A_B/AP/difference`.
    """
    pairs = {"_".join(_letters(scores, pair)): _flat_pair(scores, pair) for pair in scores.pairs}
    if len(pairs) == 1:
        return next(iter(pairs.values()))
    models = {
        letter(place): {scores.name_of(scores.primary): model.value, "first_share": share}
        for place, (model, share) in enumerate(zip(scores.models, scores.first_share, strict=True))
    }
    return {**models, **pairs}


def _flat_pair(scores: ComparisonScores, pair: PairScores) -> dict[str, Any]:
    """The numbers of two models, by what tables call them."""
    return {
        scores.name_of(path): {
            "a": found.a,
            "b": found.b,
            "difference": found.difference,
            "interval": found.interval,
            "p": found.p_corrected,
        }
        for path, found in pair.differences.items()
        if _is_shown(path, scores)
    }


def model_table(scores: ComparisonScores) -> Table:
    """The main number of every model, and how often it is first."""
    fields = (
        Field("letter", "", "words"),
        Field("model", "model", "text"),
        Field("value", scores.name_of(scores.primary)),
        Field("first_share", "first in %"),
    )
    rows = [
        (letter(place), model.name, model.value, share)
        for place, (model, share) in enumerate(zip(scores.models, scores.first_share, strict=True))
    ]
    return Table("model", fields, tuple(rows))


def letter(place: int) -> str:
    """What tables call the model at a place.

    Example:
        >>> letter(0), letter(2), letter(30)
        ('A', 'C', '#31')
    """
    return chr(ord("A") + place) if place < LETTERS else f"#{place + 1}"


def number_table(scores: ComparisonScores, pair: PairScores, *, with_sizes: bool = True) -> Table:
    """The overall numbers, then those by size and by frequency.

    Args:
        scores: of the comparison.
        pair: the two models.
        with_sizes: whether it has the numbers by size and by frequency too.
    """
    paths = [
        path
        for path, found in pair.differences.items()
        if _is_shown(path, scores)
        and (path == _alone(scores) or found.a is not None or found.b is not None)
    ]
    alone = [path for path in paths if family_of(path) is None]
    parts = [path for path in paths if family_of(path) is not None and with_sizes]
    rows = [
        (scores.name_of(path), *_cells(pair.differences[path], scores.margin))
        for path in (*alone, *parts)
    ]
    fields = (Field("number", "", "text"), *_fields(*_letters(scores, pair)))
    name = "number" if len(scores.pairs) == 1 else f"number {pair.a} {pair.b}"
    return Table(name, fields, tuple(rows), totals=len(alone) if parts else 0)


def category_table(scores: ComparisonScores, pair: PairScores) -> Table:
    """The main number of every category: tested ones first, the largest difference first."""
    rows = [(name, *_cells(found, scores.margin)) for name, found in _by_category(scores, pair)]
    fields = (Field("category", "category", "text"), *_fields(*_letters(scores, pair)))
    return Table("category", fields, tuple(rows))


def _by_category(scores: ComparisonScores, pair: PairScores) -> list[tuple[str, Difference]]:
    """The name and the main number of every category, in the order of `category_table`."""
    places = set(of_categories(scores))
    own = [
        (str(scores.categories.get(path[-2], path[-2])), found)
        for path, found in pair.differences.items()
        if path in places
    ]
    return sorted(own, key=lambda each: _most_first(each[1]))


def slice_table(scores: ComparisonScores, pair: PairScores) -> Table:
    """The main number of every slice."""
    fields = (
        Field("slice", "slice", "text"),
        Field("images", "images", "count", drop=HIDE_COUNT),
        *_fields(*_letters(scores, pair)),
    )
    rows = [
        (each.name, each.images, *_cells(each.differences[path], scores.margin))
        for each in pair.slices
        for path in each.differences
        if path == _alone(scores)
    ]
    return Table("slice", fields, tuple(rows))


def image_table(scores: ComparisonScores, pair: PairScores) -> Table:
    """What each image alone scores, the most changed first."""
    has_names = any(image.file_name not in ("", str(image.id)) for image in pair.images)
    fields = (
        Field("image", "image", "id" if has_names else "text", drop=1 if has_names else 0),
        *([Field("file_name", "file", "text")] if has_names else []),
        *_fields(*_letters(scores, pair))[:3],
    )
    rows = [
        (
            image.id,
            *([image.file_name.rsplit("/", 1)[-1]] if has_names else []),
            image.a,
            image.b,
            image.difference,
        )
        for image in pair.images
    ]
    return Table("image", fields, tuple(rows))


def lines_of(scores: ComparisonScores, tables: Collection[str] = ("size",)) -> Iterable[str]:
    """What stands below the tables: corrected p, most changed categories, images and the rest.

    Args:
        scores: of the comparison.
        tables: those that are shown: "size", "category", "slice".
    """
    corrected = correction_line(scores, tables)
    if corrected:
        yield corrected
    if len(scores.pairs) == 1:
        pair = scores.pairs[0]
        yield from _most_changed(scores, pair)
        if pair.image_counts:
            counts = pair.image_counts
            yield (
                f"images: {counts['better']:,} better, {counts['worse']:,} worse, "
                f"{counts['same']:,} the same"
            )
        if pair.plan is not None:
            yield plan_line(scores, pair.plan)
    elif scores.plan is not None:
        yield (
            "So many images like these show the difference in 80 % of cases. Where the error falls "
            "in another way than as n^-0.5, take the number as a rough guide."
        )
    yield scores.footnote


def plan_line(scores: ComparisonScores, plan: Plan) -> str:
    """How many images the difference asked for takes."""
    name = _planned(scores, plan)
    if plan.images is None and plan.se_runs:
        return (
            f"No number of images shows a difference of {name} in 80 % of cases: between runs of "
            f"the same recipes it has a standard error of {100 * plan.se_runs:.2g}, which only "
            "more runs lower."
        )
    if plan.images is None:
        return f"How many images show {name} cannot be said: {_why_no_plan(scores, plan)}."
    text = (
        f"About {counted(plan.images, 'image')} like these "
        f"{'shows' if plan.images == 1 else 'show'} a difference of {name} in 80 % of cases "
        f"(standard error {100 * (plan.errors[-1] or 0):.2g} on {plan.sizes[-1]:,}"
        + (f", and {100 * plan.se_runs:.2g} between runs)." if plan.se_runs else ").")
    )
    if plan.exponent is not None:
        text += f" On parts of the images the error falls as n^{plan.exponent:.2f}"
        text += "." if plan.follows_law else ", not as n^-0.5: take the number as a rough guide."
    return text


def _why_no_plan(scores: ComparisonScores, plan: Plan) -> str:
    """Why the first difference has no standard error that a plan could start from."""
    if plan.se is not None:
        return "the difference does not vary here"
    if scores.pairs[0].differences[scores.primary].verdict is Verdict.TOO_FEW:
        return f"it occurs in the ground truth of fewer than {FEWEST_IMAGES} images here"
    return f"it is undefined in more than {100 * MOST_UNDEFINED:g} % of the draws"


def plan_table(scores: ComparisonScores) -> Table:
    """How many images the difference asked for takes, for every pair of models."""
    plans = [(pair, pair.plan) for pair in scores.pairs if pair.plan is not None]
    title = f"images for {_planned(scores, plans[0][1])}" if plans else ""
    has_runs = any(plan.se_runs for _, plan in plans)
    fields = (
        Field("pair", "pair", "words"),
        Field("images", title, "count"),
        Field("se", "standard error"),
        *([Field("se_runs", "between runs")] if has_runs else []),
        Field("exponent", "falls as n^", "number", drop=1),
    )
    rows = []
    for pair, plan in plans:
        a, b = _letters(scores, pair)
        exponent = None if plan.exponent is None else round(plan.exponent, 2)
        between = [plan.se_runs] if has_runs else []
        rows.append((f"{b} - {a}", plan.images, plan.errors[-1], *between, exponent))
    return Table("plan", fields, tuple(rows))


def _planned(scores: ComparisonScores, plan: Plan) -> str:
    """The difference that a plan is for."""
    size = points(plan.target)
    noun = "point" if size == "1" else "points"
    return f"{size} {noun} of {scores.name_of(scores.primary)}"


def _most_changed(scores: ComparisonScores, pair: PairScores) -> Iterable[str]:
    """The categories that changed most in each direction, those that are not tested marked."""
    words, named = [], []
    every = _by_category(scores, pair)
    for word, sign in (("up", 1), ("down", -1)):
        own = [
            (name, found)
            for name, found in every
            if found.difference is not None and sign * found.difference > 0
        ][:MOST_CHANGED]
        named += own
        if own:
            words.append(f"{word}: {', '.join(starmap(_change, own))}")
    if words:
        yield f"most changed categories   {'   '.join(words)}"
    if any(found.verdict is Verdict.TOO_FEW for _, found in named):
        yield f"{NOT_TESTED} not tested: in the ground truth of fewer than {FEWEST_IMAGES} images"


def _change(name: str, found: Difference) -> str:
    """A category and its difference, marked if it is not tested."""
    mark = NOT_TESTED if found.verdict is Verdict.TOO_FEW else ""
    return f"{name} {signed(found.difference or 0.0)}{mark}"


def _is_shown(path: KeyPath, scores: ComparisonScores) -> bool:
    """Whether a number has a row in the first table."""
    *parts, key = path[1:] if scores.kinds else path
    match parts:
        case [] | ["all" | "boundary" | "boundary_f" | "detectron2_boundary"]:
            return True
        case ["things" | "stuff"]:
            return key == "pq"
        case ["ar_by_max_dets"]:
            return path == scores.primary
        case [group, _]:
            return group in SHOWN_APART and key in ("ap", "miou")
    return False


def of_categories(scores: ComparisonScores) -> list[KeyPath]:
    """The number of every category that the main number is the mean of, or their first one."""
    kind = scores.primary[: bool(scores.kinds)]
    for before in (scores.primary[:-1], kind):
        start = (*before, "categories")
        own = [p for p in scores.paths if len(p) == len(start) + 2 and p[: len(start)] == start]
        keys = [path[-1] for path in own]
        if keys:
            key = scores.primary[-1] if scores.primary[-1] in keys else keys[0]
            return [path for path in own if path[-1] == key]
    return []


def _alone(scores: ComparisonScores) -> KeyPath:
    """The main number, or the one that it is a part of."""
    if family_of(scores.primary) is None:
        return scores.primary
    kind = [scores.primary[0]] if scores.kinds else []
    path = (*kind, scores.primary[-1])
    return path if path in scores.paths else scores.paths[0]


def _most_first(found: Difference) -> tuple[bool, bool, float]:
    """Sort key: large differences first, those of too few images after them, undefined last."""
    change = found.difference
    return change is None, found.verdict is Verdict.TOO_FEW, -abs(change or 0.0)


def _fields(a: str = "A", b: str = "B") -> tuple[Field, ...]:
    """The columns of a difference between two models with these letters."""
    return (
        Field("a", a, drop=HIDE_A),  # follows from the other and the difference
        Field("b", b),
        Field("difference", f"{b} - {a}", "signed"),
        Field("interval", "interval", "signed interval"),
        Field("p", "p", "p", drop=HIDE_P),
        Field("verdict", "verdict", "words"),
    )


def _cells(found: Difference, margin: float) -> tuple[Value, ...]:
    """The cells of a difference, in the order of `_fields`."""
    return (
        found.a,
        found.b,
        found.difference,
        found.interval,
        found.p_corrected,
        verdict_text(found.verdict, margin, found.detectable),
    )


def _letters(scores: ComparisonScores, pair: PairScores) -> tuple[str, str]:
    """What columns call the models of a pair."""
    names = [model.name for model in scores.models]
    return letter(names.index(pair.a)), letter(names.index(pair.b))
