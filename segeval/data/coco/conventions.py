"""The caps and size edges of COCO and LVIS, for evaluations and checks."""

from __future__ import annotations

SIZE_EDGES = (32.0**2, 96.0**2)
"""Areas between small, medium and large, in pixels squared, which belong to both."""

MAX_DETS = (1, 10, 100)
"""Caps of COCO on the predictions per image and category; AP is taken at the largest."""

MAX_DETS_LVIS = 300
"""Cap of LVIS on the predictions per image."""

LAST_CATEGORY_ID = 90
"""The highest id of COCO's 80 categories."""
