"""Trees of models: which predictions are merged with which, in which order, and how."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from math import prod
from typing import Literal, get_args

from segeval.frozen import frozen

Drop = Literal["both", "cls_only", "box_only"]
"""What a side of a node gives where the other side has the same object.

`cls_only`: its scores, at the places of the other side. `box_only`: its places, for the scores of
the other side. What a side has alone is then left out.
"""

Merge = Literal["best", "vote", "wbf-0.55", "wbf-0.65", "nmw"]
"""How predictions of one object become one."""

Suppress = Literal["nms-0.5", "nms-0.6", "soft-linear", "soft-gaussian", "adj", "none"]
"""What happens to predictions that overlap: before votes, and after the other ways to merge."""

MaskMerge = Literal["lead", "equal", "score"]
"""Which mask a row gets: that of the best member, or the one that they vote for."""

FACTORS = (1.0, 0.9, 0.8, 0.7, 0.6, 0.5)
"""What the scores of one side may be multiplied by; the other's are multiplied by 1."""

WEIGHTS = tuple((a, b) for a in FACTORS for b in FACTORS if max(a, b) == 1)
DROPS: tuple[tuple[Drop, Drop], ...] = (
    ("both", "both"), ("cls_only", "both"), ("box_only", "both"), ("both", "cls_only"),
    ("both", "box_only"),
)  # fmt: skip
MERGES: tuple[Merge, ...] = get_args(Merge)
SUPPRESSIONS: tuple[Suppress, ...] = get_args(Suppress)
MASK_MERGES: tuple[MaskMerge, ...] = get_args(MaskMerge)


@frozen
class Operator:
    """How a node merges its two sides.

    Attributes:
        weights: what the scores of each side are multiplied by.
        drop: what each side gives; one of them gives both.
        merge: how predictions of one object become one.
        suppress: what happens to predictions that overlap.
        masks: which mask a row of several members gets.
    """

    weights: tuple[float, float] = (1.0, 1.0)
    drop: tuple[Drop, Drop] = ("both", "both")
    merge: Merge = "vote"
    suppress: Suppress = "adj"
    masks: MaskMerge = "equal"

    @property
    def flipped(self) -> Operator:
        """The same for the sides the other way round."""
        return replace(self, weights=self.weights[::-1], drop=self.drop[::-1])

    def __str__(self) -> str:
        """All fields in a fixed format, floats to the last digit."""
        weights = ",".join(map(repr, self.weights))
        return f"{weights};{','.join(self.drop)};{self.merge};{self.suppress};{self.masks}"


PLAIN = Operator()
"""What every node does while the structure of the tree is looked for."""


@frozen
class Leaf:
    """The predictions of one model, by its number."""

    model: int

    def __str__(self) -> str:
        """A letter; behind y two of them, and so on: in the order of the numbers.

        Example:
            >>> " ".join(str(Leaf(model)) for model in (0, 1, 24, 25, 26))
            'a b y za zb'
        """
        return "z" * (self.model // 25) + chr(ord("a") + self.model % 25)

    @property
    def leaves(self) -> tuple[int, ...]:
        """The models, ascending."""
        return (self.model,)


@frozen
class Node:
    """Two sets of predictions merged into one; made by `joined`, which puts the sides in order."""

    left: Tree
    right: Tree
    operator: Operator = PLAIN

    @cached_property
    def _text(self) -> str:
        own = "" if self.operator == PLAIN else f"[{self.operator}]"
        return f"({self.left},{self.right}){own}"

    def __str__(self) -> str:
        """The canonical text: equal for trees that merge alike, and different for others."""
        return self._text

    @cached_property
    def leaves(self) -> tuple[int, ...]:
        """The models, ascending."""
        return tuple(sorted((*self.left.leaves, *self.right.leaves)))


Tree = Leaf | Node


def joined(one: Tree, other: Tree, operator: Operator = PLAIN) -> Node:
    """Two trees as one, in the order of their canonical texts.

    Args:
        one: a tree.
        other: one of other models.
        operator: how the two are merged, `one` on the left.

    Example:
        >>> a, b, c = map(Leaf, range(3))
        >>> str(joined(c, joined(b, a)))
        '((a,b),c)'
        >>> str(joined(b, a, Operator(weights=(1.0, 0.9))))
        '(a,b)[0.9,1.0;both,both;vote;adj;equal]'
    """
    if str(other) < str(one):
        return Node(other, one, operator.flipped)
    return Node(one, other, operator)


def tree_count(leaves: int) -> int:
    """Number of rooted binary trees with labelled leaves: (2N - 3)!!.

    Example:
        >>> [tree_count(leaves) for leaves in (1, 2, 3, 4, 5, 6, 11)]
        [1, 1, 3, 15, 105, 945, 654729075]
    """
    return prod(range(1, 2 * leaves - 2, 2))


def trees_of(parts: Sequence[Tree]) -> Iterator[Tree]:
    """All rooted binary trees whose leaves are some trees, each once.

    Example:
        >>> [str(each) for each in trees_of([Leaf(0), Leaf(1), Leaf(2)])]
        ['((b,c),a)', '((a,b),c)', '((a,c),b)']
    """
    first, *others = parts
    if not others:
        yield first
        return
    for chosen in range(2 ** len(others) - 1):
        with_first = [first, *(each for k, each in enumerate(others) if chosen >> k & 1)]
        apart = [each for k, each in enumerate(others) if not chosen >> k & 1]
        for left in trees_of(with_first):
            for right in trees_of(apart):
                yield joined(left, right)


def leaf_weights(tree: Tree) -> dict[int, float]:
    """What the scores of each model are multiplied by on the way to the root, by its number.

    Example:
        >>> a, b, c = map(Leaf, range(3))
        >>> inner = joined(a, b, Operator(weights=(1.0, 0.5)))
        >>> leaf_weights(joined(inner, c, Operator(weights=(0.8, 1.0))))
        {0: 0.8, 1: 0.4, 2: 1.0}
    """
    if isinstance(tree, Leaf):
        return {tree.model: 1.0}
    sides = zip((tree.left, tree.right), tree.operator.weights, strict=True)
    return {
        model: factor * weight
        for side, factor in sides
        for model, weight in leaf_weights(side).items()
    }


def nodes_of(tree: Tree) -> Iterator[Node]:
    """The nodes of a tree, those below a node before it."""
    if isinstance(tree, Node):
        yield from nodes_of(tree.left)
        yield from nodes_of(tree.right)
        yield tree


def replaced(tree: Tree, models: frozenset[int], operator: Operator) -> Tree:
    """A tree whose node over exactly these models has another operator.

    Args:
        tree: the tree.
        models: the models below the node, by which no two nodes are equal.
        operator: how it merges, its sides in their order as they are.
    """
    if isinstance(tree, Leaf) or not models <= set(tree.leaves):
        return tree
    if models == set(tree.leaves):
        return Node(tree.left, tree.right, operator)
    return joined(
        replaced(tree.left, models, operator),
        replaced(tree.right, models, operator),
        tree.operator,
    )


def renumbered(tree: Tree, models: Mapping[int, int]) -> Tree:
    """A tree with other numbers of its models.

    Args:
        tree: the tree.
        models: the new number of each.
    """
    if isinstance(tree, Leaf):
        return Leaf(models[tree.model])
    left, right = renumbered(tree.left, models), renumbered(tree.right, models)
    return joined(left, right, tree.operator)
