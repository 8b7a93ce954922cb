"""Weights of each model for each class, from the AP of each on it."""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from segeval.ensemble.weighing.weights import linear_interpolation, linear_reweight
from segeval.errors import InputError, ShapeError

Mode = Literal["relative", "interp", "rank", "cutoff", "topk"]
"""How the AP of a class becomes a weight."""

RHO = 0.8
"""Least share of the best AP of a class that `cutoff` keeps."""


def classwise(
    ap: ArrayLike,
    *,
    mode: Mode = "relative",
    coverage: ArrayLike | None = None,
    n_gt: ArrayLike | None = None,
    kappa: float = 0.0,
    rho: float = RHO,
    k: int = 1,
    overall: ArrayLike | None = None,
) -> NDArray[np.float64]:
    """Weights of M models for C classes.

    The modes are:

    - `relative`: AP over the best AP of the class.
    - `interp`: linear interpolation, from 0.6 to 1, within the class.
    - `rank`: linear in the rank within the class, from 0.5 to 1.
    - `cutoff`: relative, and 0 below `rho` times the best.
    - `topk`: 1 for the k best models of the class, else 0.

    Args:
        ap: AP of each model for each class, shape (M, C); NaN where there is no object.
        mode: one of the above.
        coverage: which classes a model knows, bool, shape (M, C); None for all. What a model does
            not know has weight NaN: its silence is no vote.
        n_gt: number of objects of each class, shape (C,), for `kappa`.
        kappa: with how many objects a class counts as much as all classes together: weights of
            rare classes are drawn towards those of the whole. 0 takes them as they are.
        rho: share of the best AP for `cutoff`, from 0 to 1.
        k: number of models for `topk`, at least 1.
        overall: weight of each model over all classes, shape (M,), for classes without objects and
            for `kappa`; by default the mean AP over the best one.

    Returns:
        float64, shape (M, C); NaN where a model does not know a class.

    Raises:
        InputError: for another mode, or a setting out of its range.
        ShapeError: if shapes do not fit, or `kappa` is given without `n_gt`.

    Source:
        Open Images paper (arXiv 2003.07557), section 4.1, after PFDet: relative AP per class. The
        other modes and the shrinkage are ours.

    Example:
        >>> ap = [[0.6, 0.2, 0.4], [0.5, 0.4, np.nan], [0.3, 0.1, 0.1]]
        >>> knows = [[True, True, True], [True, True, False], [True, True, True]]
        >>> classwise(ap, coverage=knows).round(6)
        array([[1.      , 0.5     , 1.      ],
               [0.833333, 1.      ,      nan],
               [0.5     , 0.25    , 0.25    ]])
        >>> classwise(ap, coverage=knows, mode="interp").round(6)[:, 1]
        array([0.733333, 1.      , 0.6     ])
    """
    table = np.array(ap, np.float64)
    if table.ndim != 2 or not len(table):
        raise ShapeError(
            f"`ap` has shape {table.shape}, expected (models, classes)",
            code="class-weights",
            option="ap",
        )
    knows = np.ones(table.shape, np.bool_) if coverage is None else np.asarray(coverage, np.bool_)
    counts = None if n_gt is None else np.asarray(n_gt, np.float64)
    _check(table, mode, knows, counts, kappa=kappa, rho=rho, k=k)
    table[~knows] = np.nan
    whole = _overall(table) if overall is None else np.array(overall, np.float64)
    weights = np.full(table.shape, np.nan)
    for place in range(table.shape[1]):
        own = np.flatnonzero(knows[:, place])
        weights[own, place] = _of_class(table[own, place], whole[own], mode, rho=rho, k=k)
    if kappa and counts is not None:
        weights = (counts * weights + kappa * whole[:, np.newaxis]) / (counts + kappa)
    return weights


def _check(
    table: NDArray[np.float64],
    mode: str,
    knows: NDArray[np.bool_],
    counts: NDArray[np.float64] | None,
    *,
    kappa: float,
    rho: float,
    k: int,
) -> None:
    """Refuse what does not fit together."""
    if mode not in get_args(Mode):
        raise InputError(
            f"`mode` is {mode!r}, expected one of {', '.join(get_args(Mode))}",
            code="class-weights",
            option="mode",
        )
    for name, value, good, expected in (
        ("kappa", kappa, 0 <= kappa < np.inf, "0 or more"),
        ("rho", rho, 0 <= rho <= 1, "a share from 0 to 1"),
        ("k", k, k >= 1, "at least 1"),
    ):
        if not good:
            raise InputError(
                f"`{name}` is {value:g}, expected {expected}", code="class-weights", option=name
            )
    if knows.shape != table.shape:
        raise ShapeError(
            f"`coverage` has shape {knows.shape}, expected {table.shape}",
            code="class-weights",
            option="coverage",
        )
    if kappa and (counts is None or counts.shape != table.shape[1:]):
        shape = None if counts is None else counts.shape
        raise ShapeError(
            f"`n_gt` is {shape}, expected {table.shape[1]} numbers of objects, as `kappa` needs",
            code="class-weights",
            option="n_gt",
        )


def _overall(table: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mean AP of each model over its classes, as a share of the best."""
    defined = ~np.isnan(table)
    number = np.maximum(defined.sum(axis=1), 1)
    return relative(np.where(defined, table, 0).sum(axis=1) / number)


def relative(ap: NDArray[np.float64]) -> NDArray[np.float64]:
    """AP (M,) as a share of the best; 1 for all where none finds anything."""
    best = ap.max()
    return ap / best if best > 0 else np.ones(len(ap))


def _of_class(
    ap: NDArray[np.float64], whole: NDArray[np.float64], mode: str, *, rho: float, k: int
) -> NDArray[np.float64]:
    """Weights of the models that know one class."""
    known = ~np.isnan(ap)
    if not known.any():
        return whole
    best = ap[known].max()
    if best <= 0:
        return np.ones(len(ap))
    found = whole.copy()  # where a model's AP is unknown
    if mode == "interp":
        found[known] = linear_interpolation(ap[known])
    elif mode == "rank":
        found[known] = linear_reweight(ap[known])
    elif mode == "topk":
        least = np.sort(ap[known])[-min(k, int(known.sum()))]
        found[known] = ap[known] >= least
    else:
        found[known] = ap[known] / best
        if mode == "cutoff":
            found[known] *= ap[known] >= rho * best
    return found
