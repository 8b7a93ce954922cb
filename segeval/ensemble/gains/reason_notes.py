"""Why merging does not help, in words: what each test found."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from segeval.analysis.comparison.differences import Difference
from segeval.analysis.model_names import model_names
from segeval.ensemble.gains.reasons import METHOD, Reason
from segeval.errors import Note
from segeval.words import percent, signed


def reason_notes(reasons: Sequence[Reason], best: int, paths: Sequence[str]) -> Iterator[Note]:
    """The causes that are shown, or that none is, with the numbers of their tests.

    Args:
        reasons: what was tested.
        best: index of the best model.
        paths: of the predictions of all models.
    """
    names = model_names(paths)
    shown = [each for each in reasons if each.holds]
    for each in shown:
        yield _note(f"likely reason: {_SAID[each.name](each, names[best], names)}")
    if reasons and not shown:
        tests = "; ".join(_MEASURED[each.name](each, names[best]) for each in reasons)
        yield _note(f"none of the likely reasons is shown: {tests}")


def _change(difference: Difference | None) -> str:
    """A difference with its interval."""
    if difference is None or difference.difference is None:
        return "an undefined difference"
    size = f"{signed(difference.difference)} AP"
    if difference.interval is not None:
        size += f" ({' to '.join(map(signed, difference.interval))})"
    return size


def _unique_said(reason: Reason, best: str, names: Sequence[str]) -> str:
    """That the other models add little."""
    own = reason.numbers
    more = "the other model finds" if len(names) == 2 else "the other models find"
    least = percent(own["detectable"])
    return (
        f"{more} little that {best} misses: {percent(own['added'])} % of the objects, worth "
        f"{percent(own['worth'])} AP"
        + ("" if least == "0.0" else f". A gain below {least} AP does not show on these images")
    )


def _few_said(reason: Reason, best: str, names: Sequence[str]) -> str:
    """That the images are too few."""
    own = reason.numbers
    others = "the other model finds" if len(names) == 2 else "the other models find"
    return (
        f"too few images. What {others} and {best} misses, {percent(own['added'])} % of the "
        f"objects, is worth {percent(own['worth'])} AP, and a gain below "
        f"{percent(own['detectable'])} AP does not show on these images"
    )


def _agreed(reason: Reason) -> str:
    """The mean IoU of masks of one object."""
    found = reason.numbers["agreement"]
    return "-" if found is None else f"{found:.2f}"


def _masks_said(reason: Reason, best: str, names: Sequence[str]) -> str:
    """That masks disagree."""
    del best, names
    return (
        f"masks disagree. Those of one object have a mean IoU of {_agreed(reason)}, and "
        f"the masks of the leading members alone give {_change(reason.difference)}"
    )


def _scores_said(reason: Reason, best: str, names: Sequence[str]) -> str:
    """That scores do not mean the same."""
    del best
    errors = ", ".join(
        f"{percent(error)} % of {name}"
        for name, error in zip(names, reason.numbers["d_ece"], strict=True)
    )
    return (
        f"scores of the models do not mean the same. Their calibration errors are {errors}, and "
        f'`calibrate="{METHOD}"` gives {_change(reason.difference)}'
    )


def _weights_said(reason: Reason, best: str, names: Sequence[str]) -> str:
    """That weights hurt."""
    del best, names
    return f'the weights. `weigh="none"` gives {_change(reason.difference)}'


def _note(message: str) -> Note:
    """A note on why merging does not help."""
    return Note("why-no-gain", message, 1, None)


_SAID: dict[str, Callable[[Reason, str, Sequence[str]], str]] = {
    "nothing-unique": _unique_said,
    "few-images": _few_said,
    "masks-disagree": _masks_said,
    "uncalibrated": _scores_said,
    "weights": _weights_said,
}

_MEASURED: dict[str, Callable[[Reason, str], str]] = {
    "nothing-unique": lambda each, best: (
        f"{percent(each.numbers['added'])} % of the objects are found by others and not by {best}, "
        f"worth {percent(each.numbers['worth'])} AP"
    ),
    "masks-disagree": lambda each, _: (
        f"masks of one object have a mean IoU of {_agreed(each)}"
        + (
            ""
            if each.difference is None
            else f", and leading masks give {_change(each.difference)}"
        )
    ),
    "uncalibrated": lambda each, _: f"calibration gives {_change(each.difference)}",
    "weights": lambda each, _: f"equal weights give {_change(each.difference)}",
}
