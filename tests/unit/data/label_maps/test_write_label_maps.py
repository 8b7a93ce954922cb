"""Label maps are written as they are, and a folder of them whole or not at all."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from segeval.data.label_maps.write import write_label_map
from segeval.data.pictures.png import read_label_map


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_labels_come_back(tmp_path: Path, dtype: type[Any]) -> None:
    labels: NDArray[Any] = np.array([[0, 7, 255], [1, 2, np.iinfo(dtype).max]], dtype)
    write_label_map(tmp_path / "new" / "a.png", labels)
    found, has_palette = read_label_map(tmp_path / "new" / "a.png")
    assert found.dtype == dtype
    assert found.tolist() == labels.tolist()
    assert not has_palette
