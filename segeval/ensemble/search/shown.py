"""What a search found, as tables and plain values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from segeval.ensemble.search.driver import Found
from segeval.ensemble.search.rules import Rejected
from segeval.ensemble.search.searched import Searched
from segeval.ensemble.trees.tree import Leaf, Node, Tree
from segeval.errors import Note
from segeval.metrics.tables import Field, Table
from segeval.words import counted

MOST_REJECTED = 8
"""Steps that were not taken which are shown: those that seemed to gain most."""


def search_tables(found: Searched, names: Sequence[str]) -> tuple[Table, ...]:
    """The tree, what each model brings, what each fold found, and what was not taken.

    Args:
        found: by the search.
        names: of the models, in their order.
    """
    tables = [_tree_table(found.whole.tree, names)]
    if found.without:
        fields = (
            Field("model", "model", "text"), Field("alone", "AP alone"),
            Field("without", "NMS without it"), Field("brings", "it brings", "signed"),
        )  # fmt: skip
        rows = tuple(
            (name, each.alone, each.without, each.brings)
            for name, each in zip(names, found.without, strict=True)
        )
        tables.append(Table("leave one out", fields, rows))
    rejected = _most(found.whole.rejected)
    if rejected:
        fields = (
            Field("what", "not taken", "words"), Field("gain", "gain", "signed"),
            Field("probability", "P(gain > 0)", "number"), Field("why", "why", "words", drop=1),
        )  # fmt: skip
        shown = tuple((each.what, each.gain, each.probability, each.why) for each in rejected)
        tables.append(Table("rejected", fields, shown))
    return tuple(tables)


def _most(rejected: Sequence[Rejected]) -> list[Rejected]:
    """The steps that seemed to gain most."""
    return sorted(rejected, key=lambda each: -each.gain)[:MOST_REJECTED]


def _tree_table(tree: Tree, names: Sequence[str]) -> Table:
    """A tree from its root down, with the weight of each part at the root."""
    fields = Field("part", "tree", "words"), Field("weight", "weight", "number"), Field(
        "operator", "merged by", "words", drop=1
    )  # fmt: skip
    return Table("tree", fields, tuple(_rows(tree, names, 1.0, "", "")))


def _rows(
    tree: Tree, names: Sequence[str], weight: float, first: str, later: str
) -> Iterator[tuple[str, float, str]]:
    """A row for each part; lines on the left lead from each node to its two sides."""
    if isinstance(tree, Leaf):
        yield f"{first}{names[tree.model]}", weight, ""
        return
    merged = counted(len(tree.leaves), "model")
    yield f"{first}{merged}", weight, operator_text(tree)
    own = tree.operator.weights
    yield from _rows(tree.left, names, weight * own[0], f"{later}|- ", f"{later}|  ")
    yield from _rows(tree.right, names, weight * own[1], f"{later}`- ", f"{later}   ")


def operator_text(node: Node) -> str:
    """What a node does, in a few words.

    Example:
        >>> from segeval.ensemble.trees.tree import joined
        >>> operator_text(joined(Leaf(0), Leaf(1)))
        'vote, adj, equal masks'
    """
    own = node.operator
    parts: list[str] = [own.merge, own.suppress]
    if own.merge != "best":
        parts.append(f"{own.masks} masks")
    for side, drop in zip(("first", "second"), own.drop, strict=True):
        if drop != "both":
            parts.append(f"{'scores' if drop == 'cls_only' else 'boxes'} alone of the {side}")
    return ", ".join(parts)


def search_line(found: Searched) -> str:
    """How much was tried."""
    whole = found.whole
    cut = "" if whole.is_whole else ", cut short"
    return f"{counted(found.evaluations, 'candidate')} in {found.seconds:.1f} s{cut}"


def search_notes(found: Searched) -> Iterator[Note]:
    """Says so if the search did not come to its end, or found that one model is enough."""
    whole = found.whole
    if not whole.is_whole:
        number = counted(whole.evaluations, "candidate")
        said = f"after {number}: `max_evals={whole.evaluations}` gives the same again, and more"
        if not whole.evaluations:
            said = "before its first candidate, as `max_seconds` were over: more time"
        yield Note(
            "search-cut",
            f"the search was cut {said} may find a better tree",
            whole.evaluations,
            "max_evals",
        )
    if isinstance(whole.tree, Leaf):
        yield Note(
            "single-model",
            "no tree of several models is shown to be better than the best model alone, which is "
            "the result",
            1,
            None,
        )


def search_values(found: Searched, names: Sequence[str]) -> Mapping[str, Any]:
    """What was found, as plain values."""
    return {
        **_found_values(found.whole, names),
        "candidates": found.evaluations,
        "folds": [
            {**_found_values(each.found, names), "held_out_ap": each.held_out}
            for each in found.parts
        ],
        "leave_one_out": [asdict(each) for each in found.without],
    }


def _found_values(found: Found, names: Sequence[str]) -> dict[str, Any]:
    """What one search found."""
    return {
        "tree": tree_values(found.tree, names),
        "ap": found.ap,
        "single_ap": found.single,
        "evaluations": found.evaluations,
        "is_whole": found.is_whole,
        "rejected": [asdict(each) for each in found.rejected],
    }


def tree_values(tree: Tree, names: Sequence[Any]) -> dict[str, Any]:
    """A tree as plain values.

    Args:
        tree: the tree.
        names: what stands for each model.
    """
    if isinstance(tree, Leaf):
        return {"model": names[tree.model]}
    return {
        "sides": [tree_values(each, names) for each in (tree.left, tree.right)],
        "weights": list(tree.operator.weights),
        "drop": list(tree.operator.drop),
        "merge": tree.operator.merge,
        "suppress": tree.operator.suppress,
        "masks": tree.operator.masks,
    }
