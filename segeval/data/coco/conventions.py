"""The numbers that COCO and LVIS go by, for those who evaluate and those who only look."""

from __future__ import annotations

SIZE_EDGES = (32.0**2, 96.0**2)
"""Areas between small, medium and large, in pixels squared; they belong to both sides."""

MAX_DETS = (1, 10, 100)
"""Caps of COCO on the predictions per image and category; AP is taken at the largest."""

MAX_DETS_LVIS = 300
"""Cap of LVIS on the predictions per image."""

LAST_CATEGORY_ID = 90
"""The highest id of COCO's 80 categories."""
