"""Writing label maps as PNG files; `whole_files.whole_folder` makes a folder of them whole."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray


def write_label_map(path: Path, labels: NDArray[Any]) -> None:
    """Write the labels of pixels as a PNG file.

    Args:
        path: path of the file; missing folders are made.
        labels: uint8 or uint16, which decides the bits per pixel, shape (H, W).
    """
    from PIL import Image

    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.ascontiguousarray(labels)).save(path, format="PNG")
