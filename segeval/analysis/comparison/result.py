"""The result of a comparison, and how it is shown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from segeval.analysis.comparison import tables, titles
from segeval.analysis.comparison.differences import Difference
from segeval.analysis.comparison.documents import with_differences
from segeval.analysis.comparison.scores import ComparisonScores, PairScores, lowest
from segeval.analysis.comparison.slice_names import overall_path, slice_name
from segeval.analysis.comparison.verdicts import Verdict, is_within_loss
from segeval.analysis.key_paths import KeyPath
from segeval.errors import InputError
from segeval.frozen import frozen
from segeval.metrics.result import Description, Result
from segeval.words import signed

SCHEMA = "segeval/compare/1"


def _brief(scores: ComparisonScores) -> str:
    """The main difference of every pair in one line."""
    found = []
    for pair in scores.pairs:
        name, own = lowest(scores.judged(pair))
        if own.difference is None:
            found.append(f"{name} undefined")
        else:
            found.append(f"{name} {signed(own.difference)}, {own.verdict.value}")
    return "; ".join(found)


def pair_values(scores: ComparisonScores, pair: PairScores) -> dict[str, Any]:
    """The differences of one pair as plain values, with the keys of the evaluation."""
    values = with_differences(scores.template, pair.differences)
    by_kind = values if list(values) == list(scores.kinds) else {"": values}
    images = {
        "images": [image.to_dict() for image in pair.images],
        "image_counts": pair.image_counts,
    }
    for kind, own in by_kind.items():
        if kind in ("", scores.primary[0]) and pair.images:
            own.update(images)
        slices = [
            {
                "name": each.name,
                "images": each.images,
                **{
                    "_".join(map(str, path[bool(kind) :])): found.to_dict()
                    for path, found in each.differences.items()
                    if not kind or path[0] == kind
                },
            }
            for each in pair.slices
        ]  # fmt: skip
        if slices:
            own["slices"] = slices
    return values


def _values(scores: ComparisonScores) -> dict[str, Any]:
    """The differences of the only pair, by the keys of the evaluation."""
    return pair_values(scores, scores.pairs[0])


COMPARE: Description[ComparisonScores] = Description(
    place=f"{__name__}:COMPARE",
    schema=SCHEMA,
    primary=lambda scores: lowest(scores.judged(scores.pairs[0]))[1].difference,
    brief=_brief,
    headline=titles.headline,
    summary=titles.summary,
    tables=tables.all_tables,
    values=_values,
    flat=tables.flat,
)


@frozen(eq=False, repr=False, kw_only=True)
class Comparison(Result[ComparisonScores]):
    """Differences between models on the same images, and how sure they are.

    The first pair is that of the first two models; with more models, `scores.pairs` has all.
    """

    about: Description[ComparisonScores] = COMPARE

    def __repr__(self) -> str:
        """One line: the models and the main differences."""
        names = " vs ".join(model.name for model in self.scores.models)
        return f"Comparison({names}: {self.about.brief(self.scores)})"

    @property
    def difference(self) -> Difference:
        """The main number of the first two models; of several slices the lowest."""
        return lowest(self.judged)[1]

    @property
    def judged(self) -> Mapping[str, Difference]:
        """The main number of the first two models by its name.

        With `metric="slices.worst.ap"` there is one for each slice.
        """
        return self.scores.judged(self.scores.pairs[0])

    @property
    def verdict(self) -> str:
        """What the main difference amounts to: better, worse, same or undecided.

        Of several slices that of the lowest difference, but worse if any of them is.
        """
        is_worse = any(found.verdict is Verdict.WORSE for found in self.judged.values())
        return Verdict.WORSE.value if is_worse else self.difference.verdict.value

    @property
    def differences(self) -> Mapping[KeyPath, Difference]:
        """All differences of the first two models, by the place of the number in JSON."""
        return self.scores.pairs[0].differences

    def __getitem__(self, name: str) -> Difference:
        """One difference of the first two models, by a key path or a short name.

        Raises:
            InputError: if there is no such number.
        """
        scores, pair = self.scores, self.scores.pairs[0]
        slices = {each.name: each for each in pair.slices}
        found = slice_name(name, slices)
        if found is None:
            return pair.differences[scores.path_of(name)]
        path = overall_path(found, scores.paths)
        return lowest({label: slices[label].differences[path] for label in found.labels})[1]

    def interval(self, metric: str | None = None, **settings: Any) -> tuple[float, float] | None:
        """The interval of one difference of the first two models, from the draws of `compare`.

        Args:
            metric: a key path or a short name; None for the main number.
            settings: none; `compare` has drawn the images.

        Returns:
            Lower and upper end, fractions; None where there is none.

        Raises:
            InputError: if there is no such number, or for settings.
        """
        if settings:
            first = next(iter(settings))
            raise InputError(
                f"`{first}` is given to `interval`, but a comparison has drawn its images already. "
                f"Give it to `compare`.",
                code="option",
                option=first,
            )
        own = self.difference if metric is None else self[metric]
        return own.interval

    def is_not_worse(self, margin: float) -> bool:
        """Whether the second model is shown to lose at most a margin, if anything.

        The interval may begin at the margin itself, so a model loses nothing against itself.
        Of several slices this has to hold for each.

        Args:
            margin: the largest loss that does no harm, a fraction of at least 0.

        Raises:
            InputError: for a margin below 0.
        """
        if not margin >= 0:
            raise InputError(
                f"`margin` is {margin!r}, expected a fraction of at least 0.",
                code="margin",
                option="margin",
            )
        return all(is_within_loss(found.interval, margin) for found in self.judged.values())

    def to_dict(self) -> dict[str, Any]:
        """The object that `segeval compare --json` prints, without the hashes of the files."""
        document = super().to_dict()
        scores = self.scores
        if len(scores.models) > 2:
            del document["results"]
            document["models"] = [model.to_dict() for model in scores.models]
            document["pairs"] = [
                {
                    "a": pair.a,
                    "b": pair.b,
                    "results": pair_values(scores, pair),
                    **({} if pair.plan is None else {"plan": pair.plan.to_dict()}),
                }
                for pair in scores.pairs
            ]
            document["first_share"] = {
                model.name: share
                for model, share in zip(scores.models, scores.first_share, strict=True)
            }
        elif scores.plan is not None:
            document["plan"] = scores.plan.to_dict()
        document["footnote"] = scores.footnote
        return document
