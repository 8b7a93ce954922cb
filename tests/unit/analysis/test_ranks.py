"""Ranks of predictions by score."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from segeval.analysis.evaluation import evaluated
from segeval.analysis.ranks import score_ranks
from segeval.data.synthetic import furniture


def test_equal_scores_are_ranked_by_image_and_row_of_the_file() -> None:
    scene = furniture(images=6)
    matches = evaluated(scene.better, scene.ground_truth).matches
    rng = np.random.default_rng(0)
    matches = replace(matches, score=rng.integers(0, 4, len(matches)) / 4)
    in_order = np.lexsort((matches.prediction, matches.image, -matches.score))
    assert score_ranks(matches)[in_order].tolist() == list(range(len(matches)))
