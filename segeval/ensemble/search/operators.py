"""What each node of a tree does: one choice after another, by the gain of AP at the root."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import replace
from typing import Any

from segeval.ensemble.search.candidates import first_of
from segeval.ensemble.search.rules import Progress
from segeval.ensemble.trees.tree import (
    DROPS,
    MASK_MERGES,
    MERGES,
    SUPPRESSIONS,
    WEIGHTS,
    Node,
    Operator,
    Tree,
    nodes_of,
    replaced,
)
from segeval.words import counted

PASSES = 2
"""How often all choices of all nodes are gone through."""

CHOICES: dict[str, tuple[Any, ...]] = {
    "weights": WEIGHTS,
    "drop": DROPS,
    "merge": MERGES,
    "suppress": SUPPRESSIONS,
    "masks": MASK_MERGES,
}
"""What can be chosen for the fields of an operator, in their order."""

MOST_NAMES = 3
"""Models of a node up to which they are named."""

IN_WORDS = {"weights": "weights", "drop": "drop", "merge": "merge", "suppress": "suppression",
            "masks": "masks"}  # fmt: skip


def best_operators(
    progress: Progress,
    tree: Tree,
    names: Sequence[str],
    *,
    fuses: bool,
    tell: Callable[[Tree], None],
) -> Generator[str, None, Tree]:
    """Change one field of one node at a time, those below first, where that is shown to gain.

    Args:
        progress: of the search.
        tree: the structure.
        names: of the models, for what is told.
        fuses: whether rows may get new masks; else nobody asks which.
        tell: called with every better tree.
    """
    for _ in range(PASSES):
        before = str(tree)
        for models in [frozenset(each.leaves) for each in nodes_of(tree)]:
            for name in CHOICES:
                tree = yield from _best_choice(progress, tree, models, name, names, fuses=fuses)
                tell(tree)
        if str(tree) == before:
            break
    return tree


def _best_choice(
    progress: Progress,
    tree: Tree,
    models: frozenset[int],
    name: str,
    names: Sequence[str],
    *,
    fuses: bool,
) -> Generator[str, None, Tree]:
    """A tree with the best choice for one field of one node, or as it is."""
    [node] = [each for each in nodes_of(tree) if models == frozenset(each.leaves)]
    others = list(_others(node, name, fuses=fuses))
    if not others:
        return tree
    yield from progress.ap(tree)
    trees = [replaced(tree, models, each) for each in others]
    found = yield from progress.each(trees)
    place = first_of(trees, found)
    what = f"{IN_WORDS[name]} {_shown(getattr(others[place], name))}"
    if len(tree.leaves) > 2:
        own = [names[each] for each in node.leaves]
        below = " + ".join(own) if len(own) <= MOST_NAMES else counted(len(own), "model")
        what = f"{what} for {below}"
    return trees[place] if progress.accepts(trees[place], tree, what) else tree


def _others(node: Node, name: str, *, fuses: bool) -> Iterator[Operator]:
    """The operators of a node that differ from its own in one field, and in what they do."""
    own = node.operator
    if name == "masks" and (not fuses or own.merge == "best"):
        return
    for choice in CHOICES[name]:
        if choice != getattr(own, name):
            yield replace(own, **{name: choice})


def _shown(choice: Any) -> str:
    """A choice as text."""
    return choice if isinstance(choice, str) else ", ".join(map(str, choice))
