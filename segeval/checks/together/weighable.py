"""What models need so that their scores can be weighted and their masks compared."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from segeval.checks.predictions import shown_score
from segeval.checks.together.lineup import Lineup
from segeval.data.ids import distinct, index_of
from segeval.data.segmentations import Format
from segeval.errors import MismatchError
from segeval.findings import Finding
from segeval.words import more_like_it

LARGEST = 1e100
"""Largest score; the sum of many more than any file has is still a number."""


def scores_to_weigh(lineup: Lineup) -> Iterator[Finding]:
    """Scores that cannot be weighted and added: times 0.6, a score below 0 would rise."""
    for model, preds in enumerate(lineup.models):
        expected = "a finite number of 0 or more"
        wrong = np.flatnonzero(~np.isfinite(preds.score) | (preds.score < 0))
        if not len(wrong):
            expected = f"at most {LARGEST:g}, as scores are added"
            wrong = np.flatnonzero(preds.score > LARGEST)
        if len(wrong):
            score = float(preds.score[wrong[0]])
            shown = f"{score:g}" if math.isfinite(score) else shown_score(score)
            yield lineup.finding(
                "error",
                "score",
                f"{lineup.name(model, wrong[0])}: score is {shown}, expected {expected}."
                f"{more_like_it(len(wrong))}",
                model=model,
                code="score",
                rows=wrong,
                field="score",
            )


def mask_sizes_of_models(lineup: Lineup) -> Iterator[Finding]:
    """Masks of different sizes in one image, in one file or in several."""
    every = distinct(np.concatenate(lineup.image_ids))
    size = np.full((len(every), 2), -1, np.int64)
    owner = np.full((len(every), 2), -1, np.int64)  # the model and the row that a size is from
    for model, preds in enumerate(lineup.models):
        form = preds.segmentations.format
        rows = np.flatnonzero((form == Format.STRING) | (form == Format.COUNTS))
        image = index_of(preds.image_id[rows], every)
        sizes = preds.segmentations.strings.sizes[rows]
        new = np.flatnonzero(owner[image, 0] < 0)[::-1]  # of several, the first is written last
        size[image[new]] = sizes[new]
        owner[image[new], 0], owner[image[new], 1] = model, rows[new]
        other = np.flatnonzero((sizes != size[image]).any(axis=1))
        if not len(other):
            continue
        first, place = int(rows[other[0]]), image[other[0]]
        rival, row = owner[place].tolist()
        height, width = size[place].tolist()
        there = lineup.models[rival].describe(row)
        yield lineup.finding(
            "error",
            "masks of models",
            f"{lineup.name(model, first)}: the mask is {sizes[other[0], 0]} x "
            f"{sizes[other[0], 1]}, expected {height} x {width} as in {there}."
            f"{more_like_it(len(other))}",
            model=model,
            code="mask-size",
            rows=rows[other],
            field="segmentation",
            error=MismatchError,
        )
