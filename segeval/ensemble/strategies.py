"""The strategies by name: how models are weighed, and what makes one set of their predictions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import field
from functools import partial
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from segeval.analysis.calibration.fits import Method
from segeval.ensemble.operators.fusion import nmw, wbf
from segeval.ensemble.operators.merged import Merged, of_suppressed
from segeval.ensemble.operators.suppression import Suppressed, adj_nms, matrix_nms, nms, soft_nms
from segeval.ensemble.operators.voting import vote
from segeval.ensemble.pools.pool import Pool
from segeval.ensemble.pools.shapes import Iou
from segeval.ensemble.weighing.class_weights import RHO
from segeval.ensemble.weighing.weights import THETA, THETA_0
from segeval.errors import InputError
from segeval.frozen import frozen

Weighing = Literal["none", "interp", "rank", "classwise", "tuned"]
"""How weights follow from what models are worth.

All alike, by AP, by rank, by AP on each category, or those with which the result has the best AP.
"""

WEIGHINGS: Mapping[Weighing, Mapping[str, Any]] = {
    "none": {},
    "interp": {"theta_min": THETA[0], "theta_max": THETA[1], "min_spread": 0.0},
    "rank": {"theta_0": THETA_0},
    "classwise": {"mode": "relative", "kappa": 0.0, "rho": RHO, "top_models": 1},
    "tuned": {"min_gain": 0.0005},
}
"""Settings of each way to weigh, with their defaults."""

Operator = Callable[..., Merged]


@frozen
class Strategy:
    """One way to merge models.

    Attributes:
        name: as it is asked for.
        summary: what it does, in one line.
        weighing: how weights follow from what models are worth.
        operator: makes one set of predictions of a pool, weights of the models for each class, a
            kind of IoU, a number of threads, and the settings.
        settings: settings of the operator, with their defaults.
        weights: settings of the weights with defaults of its own.
        calibrate: function that scores are calibrated by before; None for none.
        iou: what it compares unless asked otherwise; None for masks where all rows have one.
        fuses: whether rows may get new masks.
    """

    name: str
    summary: str
    operator: Operator
    weighing: Weighing = "none"
    settings: Mapping[str, Any] = field(default_factory=dict)
    weights: Mapping[str, Any] = field(default_factory=dict)
    calibrate: Method | None = None
    iou: Iou | None = None
    fuses: bool = False


def _suppressed(
    function: Callable[..., Any],
    pool: Pool,
    coverage: NDArray[np.float64],
    iou: Iou,
    workers: int | None,
    **settings: Any,
) -> Merged:
    """What a function that suppresses leaves."""
    del coverage
    return of_suppressed(pool, function(pool, iou=iou, workers=workers, **settings))


def _clustered(
    pool: Pool, coverage: NDArray[np.float64], iou: Iou, workers: int | None, **settings: Any
) -> Merged:
    """WBF."""
    return wbf(pool, coverage, iou=iou, workers=workers, **settings)


def _voted(
    pool: Pool, coverage: NDArray[np.float64], iou: Iou, workers: int | None, **settings: Any
) -> Merged:
    """Votes."""
    del coverage
    name = settings.pop("anchors")
    if name not in ANCHORS:
        raise InputError(
            f"`anchors` is {name!r}, expected one of {', '.join(ANCHORS)}",
            code="votes",
            option="anchors",
        )
    anchors = ANCHORS[name](pool, iou=iou, workers=workers)
    return vote(pool, iou=iou, workers=workers, anchors=anchors, **settings)


def _weighted(
    pool: Pool, coverage: NDArray[np.float64], iou: Iou, workers: int | None, **settings: Any
) -> Merged:
    """NMW."""
    del coverage
    return nmw(pool, iou=iou, workers=workers, **settings)


def _searched(
    pool: Pool, coverage: NDArray[np.float64], iou: Iou, workers: int | None, **settings: Any
) -> Merged:
    """A tree, which only ground truth finds."""
    del pool, coverage, iou, workers, settings
    raise InputError(
        "search looks for the tree of models with the highest AP, which only ground truth tells: "
        "give `fit`, or `recipe` to use what was found before",
        code="search",
        option="fit",
    )


_PRESET = {"kind": "linear", "iou_threshold": 0.5, "min_score": 0.001}
ANCHORS: Mapping[str, Callable[..., Suppressed]] = {
    "adj-nms": adj_nms,
    "nms": nms,
    "soft-nms": soft_nms,
    "matrix-nms": matrix_nms,
}
"""What may choose the rows that others vote for, each with its defaults."""

_VOTE = {
    "k": 4,
    "alpha": 0.05,
    "beta": 0.7,
    "min_iou": 0.5,
    "max_per_model": 1,
    "exclusive": False,
    "anchors": "adj-nms",
    "literal": False,
}

_WBF = {
    "iou_threshold": 0.55,
    "min_score": 0.0,
    "confidence": "absent_aware",
    "min_votes": 1,
}

STRATEGIES = {
    each.name: each
    for each in (
        Strategy(
            "interp",
            "scores times a weight from 0.6 to 1 by validation AP, then linear soft-NMS of boxes "
            "(3D-FUTURE paper)",
            partial(_suppressed, soft_nms),
            weighing="interp",
            settings=_PRESET,
            iou="bbox",
        ),
        Strategy(
            "reweight",
            "as interp, with weights from 0.5 to 1 by rank",
            partial(_suppressed, soft_nms),
            weighing="rank",
            settings=_PRESET,
            iou="bbox",
        ),
        Strategy(
            "nms",
            "the best of predictions that overlap stays",
            partial(_suppressed, nms),
            settings={"iou_threshold": 0.5, "min_score": 0.0, "inclusive": False},
        ),
        Strategy(
            "soft-nms",
            "predictions that overlap a better one lose score (Bodla et al. 2017)",
            partial(_suppressed, soft_nms),
            settings={"kind": "gaussian", "iou_threshold": 0.5, "sigma": 0.5, "min_score": 0.001},
        ),
        Strategy(
            "adj-nms",
            "NMS, then gaussian soft-NMS of what is left (Open Images paper, eq. 7)",
            partial(_suppressed, adj_nms),
            settings={"iou_threshold": 0.5, "sigma": 0.5, "min_score": 0.001},
        ),
        Strategy(
            "matrix-nms",
            "scores fall by the better prediction that matters most (SOLOv2)",
            partial(_suppressed, matrix_nms),
            settings={"kind": "gaussian", "sigma": 0.5, "min_score": 0.001},
        ),
        Strategy(
            "vote",
            "rows that survive adj-nms gain score by predictions of other models that overlap them "
            "(Open Images paper, eqs. 8 and 9)",
            _voted,
            settings=_VOTE,
            fuses=True,
        ),
        Strategy(
            "s003",
            "relative AP on each category as weight, then vote (Open Images paper)",
            _voted,
            weighing="classwise",
            settings=_VOTE,
            fuses=True,
        ),
        Strategy(
            "modern",
            "calibrated scores, relative AP on each category as weight (kappa 20), then wbf",
            _clustered,
            weighing="classwise",
            weights={"kappa": 20.0},
            settings=_WBF,
            calibrate="isotonic",
            fuses=True,
        ),
        Strategy(
            "wbf",
            "weighted boxes fusion: one row per cluster, at the mean of its members",
            _clustered,
            settings=_WBF,
            fuses=True,
        ),
        Strategy(
            "nmw",
            "non-maximum weighted: the best of each cluster moves to the mean",
            _weighted,
            settings={"iou_threshold": 0.5, "min_score": 0.0},
            fuses=True,
        ),
        Strategy(
            "search",
            "the tree of models, and what each node of it does, with the highest AP (Open Images "
            "paper, section 4.2); needs ground truth",
            _searched,
            settings={"folds": None, "beam": 1, "max_evals": None, "max_seconds": None},
            fuses=True,
        ),
    )
}
"""The strategies, in the order in which they are listed."""

ALIASES = {"s000": "interp"}
"""Other names of strategies."""
