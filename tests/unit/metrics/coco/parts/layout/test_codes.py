"""Bits of predictions as numbers of a list."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from segeval.metrics.coco.parts.layout import codes
from segeval.metrics.coco.parts.layout.codes import coded


@pytest.mark.parametrize("listed", [codes.LISTED, 1])
@pytest.mark.parametrize("kind", [np.uint8, np.uint16, np.uint64])
@pytest.mark.parametrize("number", [0, 1, 500])
def test_codes_stand_for_the_bits_and_rise_with_them(
    monkeypatch: pytest.MonkeyPatch, listed: int, kind: type[np.unsignedinteger[Any]], number: int
) -> None:
    monkeypatch.setattr(codes, "LISTED", listed)
    rng = np.random.default_rng(number)
    bits = rng.integers(0, np.iinfo(kind).max, (3, 9), kind, endpoint=True)
    bits = bits[:, rng.integers(0, 9, number)]
    found, table = coded(bits)
    assert table.dtype == bits.dtype
    assert np.array_equal(table[:, found], bits)
    assert [*map(tuple, table.T.tolist())] == sorted({*map(tuple, bits.T.tolist())})
