"""Two models in sentences, whatever family of files they are of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeGuard

from segeval.analysis.comparison.differences import Difference
from segeval.analysis.comparison.result import Comparison
from segeval.analysis.comparison.tables import of_categories
from segeval.analysis.comparison.verdicts import FEWEST_IMAGES, Verdict, is_within, points
from segeval.analysis.errors.pair import Pair, is_said, won_and_lost
from segeval.reports.page_table import name_of
from segeval.reports.wording import between_signed, first_upper, in_brackets
from segeval.words import counted, joined, percent, signed


def compared_sentence(
    found: Comparison | None,
    names: Sequence[str],
    number: str,
    values: tuple[float, float],
    images: int,
) -> str:
    """Whether B is better.

    Args:
        found: the comparison; None where images are too few for one.
        names: of A and B.
        number: name of the main number.
        values: of both models.
        images: how many there are.
    """
    a, b = names
    first, second = values
    numbers = f"{number} {percent(second)} against {percent(first)}"
    if found is None:
        return (
            f"{counted(images, 'image')} cannot tell {b} and {a} apart, which takes at least "
            f"{FEWEST_IMAGES}: {numbers}."
        )
    if not is_told(found):
        return f"{b} and {a} have the same {number}, {percent(first)}."
    own = found.difference
    margin = found.scores.margin
    verdict = _verdict_sentence(own, (b, a), margin)
    more = f"{_in_margin(own, margin)}{_detectable(own)}"
    return f"{verdict}: {numbers}, {_sure(own)}.{more}"


def means_over(counts: Sequence[int], one: str, several: str) -> Iterator[str]:
    """Over how many classes two means are, where these are not equally many.

    Args:
        counts: of both models: classes that have a number.
        one: what a class is called.
        several: what classes are called.
    """
    a, b = counts
    if a != b:
        yield (
            f"The means are over {counted(b, one, several)} (B) and {a:,} (A): a {one} that the "
            "ground truth lacks counts as 0 for a model that predicts it, and is left out "
            "otherwise."
        )


def is_told(found: Comparison | None) -> TypeGuard[Comparison]:
    """Whether a comparison says more than that two models are the same in every replicate."""
    if found is None:
        return False
    own = found.difference
    return own.difference != 0.0 or own.interval not in (None, (0.0, 0.0))


def changed_errors(kinds: Mapping[str, Pair], number: str = "") -> str:
    """What the second model wins and loses, by kind of error, as a sentence.

    Args:
        kinds: what each kind costs both models, by its name in sentences.
        number: that errors are taken from, with its values; "" where another sentence says so.

    Example:
        >>> two = {"missed": Pair(0.3, 0.1, -0.2), "false": Pair(0.1, 0.1, 0.0)}
        >>> changed_errors(two)
        'B wins 20.0 points on missed; the other kind of error is not shown to differ.'
        >>> changed_errors({"missed": two["missed"]})
        'B wins 20.0 points on missed.'
    """
    said = won_and_lost(kinds)
    if not said:
        none = "no single kind of error is shown to differ"
        return first_upper(f"{number}; {none}." if number else f"{none}.")
    rest = f"{said}{_not_said(kinds)}."
    return first_upper(f"{number}: {rest}" if number else rest)


def _not_said(kinds: Mapping[str, Pair]) -> str:
    """That the kinds that are not named are not shown to differ; "" where all are named."""
    left = sum(not is_said(each) for each in kinds.values())
    if not left:
        return ""
    others = "the other kind of error is" if left == 1 else "other kinds of errors are"
    return f"; {others} not shown to differ"


def changed_number(name: str, own: Pair) -> str:
    """A number of two models with its change; "" where that is undefined.

    Args:
        name: of the number.
        own: of both models.
    """
    if own.difference is None:
        return ""
    return f"{name} is {percent(own.b)} against {percent(own.a)} ({signed(own.difference)})"


def changed_categories(found: Comparison, one: str, several: str) -> Iterator[str]:
    """The categories that are shown to be better, and those that are shown to be worse.

    Args:
        found: the comparison.
        one: what a category is called.
        several: what categories are called.
    """
    scores = found.scores
    if len(scores.categories) < 2:
        return
    by_verdict: dict[Verdict, list[tuple[float, str]]] = {Verdict.BETTER: [], Verdict.WORSE: []}
    for path in of_categories(scores):
        own = found.differences[path]
        if own.verdict in by_verdict:
            name = str(scores.categories.get(path[-2], path[-2]))
            by_verdict[own.verdict].append((own.difference or 0.0, name))
    said = []
    for verdict, changes in by_verdict.items():
        if changes:
            change, name = max(changes, key=lambda each: abs(each[0]))
            more = counted(len(changes) - 1, f"other {one}", f"other {several}")
            others = f" and {more}" if len(changes) > 1 else ""
            said.append(f"{verdict.value} in {quoted(name)} ({signed(change)}){others}")
    if said:
        yield f"B is {joined(said)}."
    else:
        yield f"No single {one} is shown to be better or worse."


def footnote(found: Comparison | None, intervals: Mapping[Any, Any]) -> str:
    """What intervals speak of; "" without any.

    Args:
        found: the comparison of two models; None of one.
        intervals: of the first model.
    """
    if found is not None:
        return found.scores.footnote
    if any(intervals.values()):
        return (
            "Intervals are built to hold, in 95 % of cases, the average over all sets of as many "
            "images like these; the number of one other set may differ more. They do not speak of "
            "another training run."
        )
    return ""


def quoted(name: str) -> str:
    """The name of a category in a sentence."""
    return f'"{name_of(name)}"'


def _sure(own: Difference) -> str:
    """A difference with its interval, in a sentence."""
    return f"{signed(own.difference or 0.0)} points{in_brackets(between_signed(own.interval))}"


def _verdict_sentence(own: Difference, names: tuple[str, str], margin: float) -> str:
    """What a verdict says of two models."""
    b, a = names
    match own.verdict:
        case Verdict.BETTER | Verdict.WORSE:
            return f"{b} is {own.verdict.value} than {a}"
        case Verdict.SAME:
            return f"{b} and {a} are the same within {points(margin)} points"
        case _:
            return f"It is undecided whether {b} is better than {a}"


def _in_margin(own: Difference, margin: float) -> str:
    """That a difference that is shown is within the margin all the same."""
    if own.verdict not in (Verdict.BETTER, Verdict.WORSE) or not is_within(own.interval, margin):
        return ""
    return f" All of the interval is within the margin of {points(margin)} points."


def _detectable(own: Difference) -> str:
    """What difference could be shown, where it is undecided."""
    if own.verdict is not Verdict.UNDECIDED or not own.detectable:
        return ""
    return f" These images can show differences from {percent(own.detectable)} points."
