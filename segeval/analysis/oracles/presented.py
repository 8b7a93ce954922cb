"""How oracles are shown."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from segeval.analysis.oracles.scores import ByKind, ModelOracles, OracleScores
from segeval.metrics.coco.tables import rules_text
from segeval.metrics.kinds import kinds_title, prefix
from segeval.metrics.result import (
    Description,
    Result,
    amounts,
    first_of,
    flat_by_kind,
    in_brief,
    versus,
)
from segeval.metrics.tables import Field, Table, Value
from segeval.words import counted

TITLES = {
    "recall": "found ones first",
    "score": "perfect scores",
    "mask_quality": "scores x true IoU",
    "class": "perfect categories",
    "localisation": "perfect masks",
    "duplicate": "no duplicates",
    "background": "no background",
    "missed": "missed not counted",
}
"""Names of oracles for people."""

ROOM = 56
"""Characters of a line for the titles of models, beside a column of names."""


def _headline(result: Result[ByKind]) -> tuple[str, ...]:
    """What was measured, on which files, by which rules."""
    files = [role for role in result.inputs if role != "gt"]
    named = (
        versus({**result.inputs, "preds": result.inputs[files[0]]})
        if len(files) == 1
        else f"{', '.join(_names(result))} vs {Path(str(result.inputs['gt']['path'])).name}"
    )
    return kinds_title(result.scores, "AP by oracles"), named, rules_text(result.settings)


def _names(result: Result[ByKind]) -> list[str]:
    return [each.name for each in first_of(result.scores).models]


def _summary(result: Result[ByKind]) -> str:
    """How much was evaluated."""
    number = sum(each["count"] for role, each in result.inputs.items() if role != "gt")
    return amounts(result.inputs["gt"], counted(number, "prediction"))


def _tables(result: Result[ByKind]) -> tuple[Table, ...]:
    """The oracles of every model, then what several have together, for each kind of IoU."""
    several = len(result.scores) > 1
    return tuple(
        replace(table, name=f"{kind}_{table.name}") if several else table
        for kind, scores in result.scores.items()
        for table in _kind_tables(scores)
    )


def _kind_tables(scores: OracleScores) -> Iterator[Table]:
    """The tables of one kind of IoU."""
    alone = len(scores.models) == 1
    for place, model in enumerate(scores.models, 1):
        title = f"{prefix(scores.iou)}oracle" + ("" if alone else f" of {model.name}")
        yield oracle_table(model, title, "oracle" if alone else f"oracle_{place}")
    union, choice = scores.union, scores.best_per_category
    if union is None or choice is None:
        return
    rows: list[tuple[Value, ...]] = [
        (model.name, model.overall.ap, recall, unique)
        for model, recall, unique in zip(scores.models, union.recall, union.unique, strict=True)
    ]
    rows.append(("best of all", scores.best_of_models, union.together, None))
    fields = (
        Field("name", f"{prefix(scores.iou)}model", "text"),
        Field("ap", "AP"),
        Field("recall", "objects found"),
        Field("unique", "by it alone"),
    )
    yield Table("union", fields, tuple(rows))
    yield _added_table([each.name for each in scores.models], union.added)
    choices = (
        Field("name", "per category", "text"),
        Field("in_sample", "all images"),
        Field("seen", "seen half"),
        Field("unseen", "unseen half"),
        Field("optimism", "optimism", drop=1),
        Field("single", "single model"),
    )
    numbers = (choice.in_sample, choice.seen, choice.unseen, choice.optimism, choice.single)
    yield Table("choice", choices, (("best model", *numbers),))


def _added_table(names: Sequence[str], added: Sequence[Sequence[Value]]) -> Table:
    """What one model finds beside another; numbers stand for names too long for titles."""
    titles = [f"by {name}" for name in names]
    if sum(map(len, titles)) + 3 * len(titles) > ROOM:
        titles = [f"by {place}" for place in range(1, len(names) + 1)]
        names = [f"{place}: {name}" for place, name in enumerate(names, 1)]
    columns = [Field(f"by_{place}", title) for place, title in enumerate(titles, 1)]
    rows = tuple((name, *row) for name, row in zip(names, added, strict=True))
    return Table("added", (Field("name", "found in addition to", "text"), *columns), rows)


def oracle_table(model: ModelOracles, title: str, name: str) -> Table:
    """AP as it is and by every oracle, with signed gains, overall and by size.

    Args:
        model: one model.
        title: of the first column.
        name: of the table.
    """
    sizes = [size for size, own in model.sizes.items() if own.gt]
    fields = (
        Field("name", title, "text"),
        Field("ap", "AP"),
        Field("gain", "gain", "signed"),
        *(Field(f"gain_{size}", size, "signed", drop=1) for size in sizes),
    )
    as_it_is: tuple[Value, ...] = ("as it is", model.overall.ap, None, *[None] * len(sizes))
    rows = tuple(
        (
            TITLES[oracle],
            each.ap,
            each.gain,
            *(model.sizes[size].oracles[oracle].gain for size in sizes),
        )
        for oracle, each in model.overall.oracles.items()
    )
    return Table(name, fields, (as_it_is, *rows), totals=1)


def _flat(scores: OracleScores) -> dict[str, Any]:
    """The numbers of one kind of IoU for a logger; several models are counted from 1."""
    models = [each.to_dict() for each in scores.models]
    if len(models) == 1:
        return models[0]
    by_place = {f"model_{place}": each for place, each in enumerate(models, 1)}
    return {**by_place, **scores.to_dict()}


ORACLE: Description[ByKind] = Description(
    place=f"{__name__}:ORACLE",
    schema="segeval/oracles/1",
    primary=lambda scores: first_of(scores).models[0].overall.ap,
    brief=lambda scores: in_brief(
        "AP", {iou: each.models[0].overall.ap for iou, each in scores.items()}
    ),
    headline=_headline,
    summary=_summary,
    tables=_tables,
    values=lambda scores: {iou: each.to_dict() for iou, each in scores.items()},
    flat=lambda scores: flat_by_kind(scores, _flat),
)
