"""From the scores of cells to the best objects of an image."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from segeval.brief import Brief
from segeval.models.config.parts.solo import SOLOConfig
from segeval.models.networks.components import register_component
from segeval.models.networks.solo.matrix_nms import matrix_nms
from segeval.models.ops.resizing import size_of
from segeval.models.ops.whole_masks import INSIDE, PIXELS


@dataclass(frozen=True, repr=False)
class Candidates(Brief):
    """Objects of an image, best score first.

    Attributes:
        scores: (N,).
        cells: that they come from, counted over all levels, int64, (N,).
        classes: 0 to K - 1, int64, (N,).
        masks: of stride 4, bool, (N, H / 4, W / 4).
    """

    scores: Tensor
    cells: Tensor
    classes: Tensor
    masks: Tensor

    def at(self, rows: Tensor) -> Candidates:
        """Some of them, by index or by a condition."""
        return Candidates(*(each[rows] for each in vars(self).values()))

    def best(self, most: int) -> Candidates:
        """The best of them in order; equal scores keep theirs."""
        return self.at(self.scores.argsort(descending=True, stable=True)[:most])


def candidates_of(
    scores: Tensor,
    chances: Callable[[Tensor], Tensor],
    strides: Tensor,
    *,
    above: float,
    most: int,
    size: tuple[int, int],
) -> Candidates:
    """The best masks of the cells of an image.

    A mask counts if it has more cells than pixels in the stride of its level. Its score is that of
    the class times the mean probability inside of it.

    Args:
        scores: of C cells, 0 where point NMS removed one, (C, K).
        chances: from indices of N cells to the probabilities of their masks, (N, H, W).
        strides: of the level of each cell, in pixels, (C,).
        above: scores must be higher than this.
        most: masks that are kept.
        size: (H, W) of the masks.
    """
    cells, classes = torch.where(scores > above)
    found = Candidates(
        scores.new_zeros(0),
        cells[:0],
        classes[:0],
        torch.zeros(0, *size, dtype=torch.bool, device=scores.device),
    )
    step = max(1, PIXELS // (size[0] * size[1]))
    for own, kinds in zip(cells.split(step), classes.split(step), strict=True):
        probabilities = chances(own)
        masks = probabilities > INSIDE
        areas = masks.flatten(1).sum(1)
        means = (probabilities * masks).flatten(1).sum(1) / areas.clamp(min=1)
        more = Candidates(scores[own, kinds] * means, own, kinds, masks).at(areas > strides[own])
        pairs = zip(vars(found).values(), vars(more).values(), strict=True)
        found = Candidates(*(torch.cat(pair) for pair in pairs)).best(most)
    return found


def best_candidates(
    found: Candidates, *, decay: str, sigma: float, least: float, most: int
) -> Candidates:
    """Those with a high score after matrix NMS, best first.

    Args:
        found: best score first.
        decay: of `matrix_nms`.
        sigma: of `matrix_nms`.
        least: score that they need.
        most: that are kept.
    """
    lower = matrix_nms(found.masks, found.classes, found.scores, decay=decay, sigma=sigma)
    lowered = Candidates(lower, found.cells, found.classes, found.masks)
    return lowered.at(lower >= least).best(most)


@register_component("solo-candidates")
def candidates_component(
    *,
    candidate_score: float = SOLOConfig.candidate_score,
    before_nms: int = SOLOConfig.before_nms,
) -> Callable[[Tensor, Tensor, Tensor], Candidates]:
    """From scores (C, K), mask probabilities (C, H, W) and strides (C,) of cells to the best masks.

    Settings as of `SOLOConfig`; see `candidates_of`.
    """

    def candidates(scores: Tensor, chances: Tensor, strides: Tensor) -> Candidates:
        return candidates_of(
            scores,
            chances.__getitem__,
            strides,
            above=candidate_score,
            most=before_nms,
            size=size_of(chances),
        )

    return candidates
