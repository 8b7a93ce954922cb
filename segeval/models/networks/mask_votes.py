"""Masks that several heads or views draw of one box, and what they say together."""

from __future__ import annotations

import torch
from torch import Tensor

ALMOST = 1e-6
"""Least distance of mean probabilities from 0 and 1, so that their logits are finite."""


def logits_of(chances: Tensor) -> Tensor:
    """The logits of mean probabilities, which may be 0 or 1."""
    return torch.logit(chances, eps=ALMOST)


def mean_mask(votes: Tensor) -> Tensor:
    """The logits of the mean probability.

    Args:
        votes: logits of every vote, (N, V, S, S).

    Returns:
        (N, 1, S, S); a single vote as it is.

    Example:
        >>> mean_mask(torch.tensor([[[[0.0]], [[20.0]]]])).sigmoid().round(decimals=2)
        tensor([[[[0.7500]]]])
    """
    if votes.shape[1] == 1:
        return votes
    chances = [each.float().sigmoid() for each in votes.unbind(1)]
    return logits_of(torch.stack(chances).mean(0)).unsqueeze(1)
