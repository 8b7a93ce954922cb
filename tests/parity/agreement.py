"""What it means to agree with an official package: no difference, not even in the last bit."""

from __future__ import annotations

import numpy as np

from segeval.analysis.verification import Verification


def assert_compat_agrees(verification: Verification) -> None:
    """Every summary number and every point of every curve of the compat mode is the package's."""
    assert verification.official_error is None
    different = [row for row in verification.rows if row.official != row.ours]
    assert different == []
    assert verification.curve_difference == 0


def assert_both_modes_agree(verification: Verification) -> None:
    """The default mode says the same as well."""
    assert_compat_agrees(verification)
    assert verification.default_error is None
    assert verification.default is not None
    for row in verification.rows:
        assert (row.key, row.official) == (row.key, -1 if row.default is None else row.default)
    for iou, scores in verification.default.scores.items():
        compat = verification.compat.scores[iou]
        np.testing.assert_array_equal(scores.precision, compat.precision)
        np.testing.assert_array_equal(scores.recall, compat.recall)
