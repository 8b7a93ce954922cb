"""Trees of models: their texts, their number, and what becomes of the weights on the way up."""

from __future__ import annotations

import pytest

from segeval.ensemble.trees.tree import (
    DROPS,
    MASK_MERGES,
    MERGES,
    SUPPRESSIONS,
    WEIGHTS,
    Leaf,
    Operator,
    joined,
    leaf_weights,
    nodes_of,
    replaced,
    tree_count,
    trees_of,
)

A, B, C, D = map(Leaf, range(4))


@pytest.mark.parametrize(("leaves", "count"), [(2, 1), (3, 3), (4, 15), (5, 105), (6, 945)])
def test_there_are_as_many_trees_as_the_formula_says(leaves: int, count: int) -> None:
    found = {str(each) for each in trees_of([Leaf(place) for place in range(leaves)])}
    assert len(found) == tree_count(leaves) == count


def test_eleven_models_have_654_729_075_trees() -> None:
    assert tree_count(11) == 654_729_075


def test_a_node_has_one_text_for_both_orders_of_its_sides() -> None:
    own = Operator(weights=(1.0, 0.9), drop=("cls_only", "both"))
    assert joined(A, B, own) == joined(B, A, own.flipped)
    assert str(joined(joined(C, A), B)) == "((a,c),b)"


def test_a_node_may_do_what_the_space_says() -> None:
    assert len(WEIGHTS) == 11
    sizes = [len(each) for each in (DROPS, MERGES, SUPPRESSIONS, MASK_MERGES)]
    assert sizes == [5, 5, 6, 3]
    assert all("both" in each for each in DROPS)


def test_weights_of_models_are_the_products_on_their_way() -> None:
    pair = joined(A, B, Operator(weights=(1.0, 0.5)))
    assert leaf_weights(joined(pair, C, Operator(weights=(0.8, 1.0)))) == {0: 0.8, 1: 0.4, 2: 1.0}


def test_another_operator_leaves_the_rest_of_the_tree() -> None:
    tree = joined(joined(A, B), joined(C, D))
    found = replaced(tree, frozenset({2, 3}), Operator(merge="nmw"))
    assert [each.operator.merge for each in nodes_of(found)] == ["vote", "nmw", "vote"]
    assert found.leaves == tree.leaves


def test_sides_keep_their_weights_when_a_new_operator_changes_their_order() -> None:
    tree = joined(joined(A, B), C, Operator(weights=(0.5, 1.0)))
    found = replaced(tree, frozenset({0, 1}), Operator(merge="nmw"))
    assert leaf_weights(found) == {0: 0.5, 1: 0.5, 2: 1.0}
