"""Input that presets share."""

from __future__ import annotations

from typing import Any

RGB: dict[str, Any] = {
    "order": "RGB",
    "mean": (123.675, 116.280, 103.530),
    "std": (58.395, 57.120, 57.375),
}
"""Input of torchvision's and mmdetection's backbones."""
