"""The result of fusing label maps: what became of each model, and how it is shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from segeval.analysis.model_names import model_names, short_names
from segeval.brief import Brief
from segeval.ensemble.gains.gain_table import gain_table
from segeval.ensemble.label_maps.gain import VoteGain
from segeval.frozen import frozen
from segeval.metrics.result import Description, Result
from segeval.metrics.tables import Field, Table
from segeval.words import counted, percent


@frozen
class ModelVotes:
    """One model, and what became of its votes.

    Attributes:
        path: of its label maps.
        worth: what it is worth: mean IoU, or a number stated by hand; None if nobody asked.
        weight: what its votes count; the mean over the classes where these differ.
        by_class: the same by id of the class; None where it is one for all.
        votes: number of pixels on which it voted: those that are not void.
        overruled: number of these that got another label.
    """

    path: str
    worth: float | None
    weight: float
    by_class: Mapping[int, float] | None
    votes: int
    overruled: int


@frozen(eq=False, repr=False)
class LabelMapScores(Brief):
    """What became of each model.

    Attributes:
        strategy: name of the strategy.
        models: in the order given.
        images: number of images.
        pixels: number of their pixels.
        differing: number of pixels on which the models differ.
        ties: number of those on which votes were equal, and the smallest label won.
        worth_from: what the worth of models was computed on; None if nobody asked.
        gain: over the best model and over equal votes; None without ground truth.
    """

    strategy: str
    models: tuple[ModelVotes, ...]
    images: int
    pixels: int
    differing: int
    ties: int
    worth_from: str | None
    gain: VoteGain | None = None


def _headline(result: Result[LabelMapScores]) -> tuple[str, ...]:
    """What was fused, and how."""
    names = " + ".join(model_names([each.path for each in result.scores.models]))
    classes = result.settings["classes"]
    return (
        f"Label maps by {result.scores.strategy}",
        names,
        *([] if classes is None else [f"{classes} classes"]),
    )


def _summary(result: Result[LabelMapScores]) -> str:
    """How much was fused, and how often the models agree."""
    found = result.scores
    same = (found.pixels - found.differing) / max(found.pixels, 1)
    gain = "" if found.gain is None else f"; gains are of {found.gain.how}"
    return (
        f"{counted(found.images, 'image')}; all models agree on {percent(same)} % of "
        f"{counted(found.pixels, 'pixel')}{gain}"
    )


def _tables(result: Result[LabelMapScores]) -> tuple[Table, ...]:
    """A row for each model, and the gain."""
    found = result.scores
    is_iou = result.settings["fit"] is not None
    fields = [Field("model", "model", "text")]
    if found.worth_from is not None:
        fields.append(Field("worth", "mIoU") if is_iou else Field("worth", "worth", "number"))
    fields += [Field("weight", "weight", "number"), Field("overruled", "overruled")]
    paths = [each.path for each in found.models]
    names = short_names(model_names(paths))
    rows = []
    for name, each in zip(names, found.models, strict=True):
        worth = [] if found.worth_from is None else [each.worth]
        share = each.overruled / each.votes if each.votes else None
        rows.append((name, *worth, each.weight, share))
    own = Table("model", tuple(fields), tuple(rows))
    if found.gain is None:
        return (own,)
    best = dict(zip(paths, names, strict=True)).get(found.gain.best, Path(found.gain.best).name)
    gains = {f"{best} alone": found.gain.over_best}
    if found.gain.over_vote is not None:
        gains["equal votes"] = found.gain.over_vote
    return own, gain_table(gains, "mIoU")


def _values(scores: LabelMapScores) -> dict[str, Any]:
    """What became of each model, as plain values."""
    return {
        **vars(scores),
        "models": [
            {
                **asdict(each),
                "by_class": None
                if each.by_class is None
                else {str(label): weight for label, weight in each.by_class.items()},
            }
            for each in scores.models
        ],
        "gain": None if scores.gain is None else scores.gain.to_dict(),
    }


LABEL_MAPS: Description[LabelMapScores] = Description(
    place=f"{__name__}:LABEL_MAPS",
    schema="segeval/label-map-ensemble/1",
    brief=lambda scores: (
        f"{scores.strategy} of {counted(len(scores.models), 'model')} in "
        f"{counted(scores.images, 'image')}"
    ),
    headline=_headline,
    summary=_summary,
    tables=_tables,
    values=_values,
)


@frozen(eq=False, repr=False, kw_only=True)
class LabelMapEnsemble(Result[LabelMapScores]):
    """What became of the models in label maps that were voted for.

    Attributes:
        output: folder of the fused label maps; None if none were written.
    """

    about: Description[LabelMapScores] = LABEL_MAPS
    output: Path | None

    def __repr__(self) -> str:
        """One line: the strategy and the counts."""
        return f"LabelMapEnsemble({self.about.brief(self.scores)})"
