"""What a comparison says around its tables: what was measured, and which p is corrected."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from segeval.analysis.comparison.differences import Difference, family_of
from segeval.analysis.comparison.scores import ComparisonScores, PairScores
from segeval.metrics.coco.protocol import PROTOCOLS
from segeval.metrics.result import Result
from segeval.metrics.sizes import PRESETS, buckets
from segeval.words import counted, joined

FEW = 3
"""Categories that a title names; of more it tells the number."""

FAMILIES = {
    "sizes": "sizes",
    "frequencies": "frequencies",
    "trimap": "widths",
    "categories": "categories",
}
"""What a line calls numbers that are corrected together, by their key in JSON."""

WITH_SIZES = ("sizes", "frequencies", "trimap")
"""Families that the table of sizes has."""


def measured_by(result: Result[Any]) -> tuple[str, ...]:
    """What a result measures and by which rules, as its own title has it, without its files.

    Args:
        result: of one model.
    """
    if not {"preds", "gt"} <= {*result.inputs}:
        return ()
    what, _, *rules = result.headline
    return what, ", ".join([*rules, *_chosen(result.settings)])


def headline(result: Result[ComparisonScores]) -> tuple[str, ...]:
    """What was compared, on which files, by which rules."""
    scores = result.scores
    names = [model.name for model in scores.models]
    gt = str(result.inputs.get("gt", {}).get("path", "ground truth"))
    drawn = counted(scores.images, "image")
    if scores.groups is not None:
        drawn = f"{counted(scores.groups, 'group')} of {drawn}"
    pair = "B - A" if len(names) == 2 else counted(len(names), "model")
    resamples, seed = result.settings["resamples"], result.settings["seed"]
    what, *rules = scores.measured or ("",)
    return (
        ", ".join(filter(None, [what, pair])),
        f"{' vs '.join(names)} on {gt.rsplit('/', 1)[-1]}",
        *filter(None, rules),
        f"paired bootstrap over {drawn}, 95 %, {counted(resamples, 'replicate')}, seed {seed}",
    )


def summary(result: Result[ComparisonScores]) -> str:
    """How much was evaluated."""
    gt = result.inputs.get("gt", {})
    found = [counted(result.scores.images, "image")]
    if "categories" in gt:
        found.append(counted(gt["categories"], "category", "categories"))
    return ", ".join(found)


def _chosen(settings: Mapping[str, Any]) -> Iterable[str]:
    """What a title of one model leaves to its tables and options: sizes, and what is left out."""
    protocol = PROTOCOLS.get(settings.get("protocol", ""))
    sizes = settings.get("sizes")
    if sizes and protocol and sizes != [size.to_dict() for size in protocol.sizes]:
        yield f"sizes {_sizes_text(sizes)}"
    categories = settings.get("categories") or ()
    if len(categories) > FEW:
        yield f"{len(categories):,} categories chosen"
    elif categories:
        yield f"categories ({', '.join(map(str, categories))})"
    if settings.get("images"):
        yield f"{counted(len(settings['images']), 'image')} chosen"
    if settings.get("min_score") is not None:
        yield f"scores >= {settings['min_score']:g}"


def _sizes_text(sizes: list[dict[str, Any]]) -> str:
    """The name of a preset, or the buckets with the areas at which they end.

    Args:
        sizes: as settings have them, at least one.
    """
    for name in PRESETS:
        if sizes == [size.to_dict() for size in buckets(name)]:
            return name
    unit = "of the image" if sizes[0].get("relative") else "px2"
    *ends, last = [(size["name"], size["max_area"]) for size in sizes]
    first = [f"{name} to {end:g} {unit}" for name, end in ends if end is not None]
    return f"({', '.join([*first, last[0]])})"


def correction_line(scores: ComparisonScores, tables: Collection[str]) -> str:
    """Which of the p-values in some tables are corrected, in a line; "" where none is.

    Args:
        scores: of the comparison.
        tables: those that are shown: "size", "category", "slice".
    """
    found = [word for pair in scores.pairs for word in _corrected(pair, tables)]
    families = list(dict.fromkeys(found))
    several = len(scores.models) > 2
    if several and any(_tested(pair.differences.values()) for pair in scores.pairs):
        families.insert(0, "pairs of models")
    if not families:
        return ""
    if several:
        return f"p is corrected for the number of {joined(families)}"
    return f"p of {joined(families)} is corrected for their number, other p are not corrected"


def _corrected(pair: PairScores, tables: Collection[str]) -> Iterable[str]:
    """What the families are called that tables show with a p-value."""
    for key, word in FAMILIES.items():
        table = "size" if key in WITH_SIZES else "category"
        own = (
            found
            for path, found in pair.differences.items()
            if key in path and family_of(path) is not None
        )
        if table in tables and _tested(own):
            yield word
    if "slice" in tables and any(_tested(each.differences.values()) for each in pair.slices):
        yield "slices"


def _tested(found: Iterable[Difference]) -> bool:
    """Whether any of some differences has a p-value that is corrected."""
    return any(each.p_corrected is not None for each in found)
