"""Presets for LVIS: the models of a winner of the challenge of 2021.

Source: the report of team FuXi-Fresher, sections 2 and 3 and tables 1 to 3. It states neither the
limit of the long side, nor the size of the crops, nor whether the classifier is normalised: these
are 1600 pixels, 1024 pixels, and normalised as in the authors' code of the Seesaw loss. Its images
are drawn by repeat factors, `segeval train --sampler repeat-factor`, and its weights start from
those for ImageNet-22k.
"""

from __future__ import annotations

from segeval.models.config.config import changed
from segeval.models.config.presets.coco import HTC_R50
from segeval.models.config.presets.inputs import RGB

IMAGES = 100_170
"""Training images of LVIS v1."""

BATCH = 16


def _updates(epochs: int) -> int:
    return epochs * IMAGES // BATCH


LVIS_HTC_SWIN_L = changed(
    HTC_R50,
    "lvis-htc-swin-l",
    classes=1203,
    backbone={"kind": "swin", "swin": "l"},
    classifier={"kind": "seesaw", "normalised": True},
    input={
        **RGB,
        "train_sizes": (400, 1400),
        "train_range": True,
        "train_max": 1600,
        "crop": (1024, 1024),
        "colour": True,
    },
    boxes={"score_threshold": 1e-4, "max_dets": 300},
    schedule={
        "optimiser": "adamw",
        "batch": BATCH,
        "learning_rate": 1e-4,
        "weight_decay": 0.05,
        "updates": _updates(20),
        "steps": (_updates(16), _updates(19)),
    },
)

LVIS_PASTE = changed(LVIS_HTC_SWIN_L, "lvis-htc-swin-l-paste", input={"copy_paste": 0.5})

LVIS_MOSAIC = changed(
    LVIS_PASTE, "lvis-htc-swin-l-mosaic", input={"mosaic": 0.5, "train_sizes": (640, 1400)}
)

LVIS_DB = changed(
    LVIS_MOSAIC,
    "lvis-htc-db-swin-l",
    backbone={"copies": 2},
    schedule={"learning_rate": 5e-5},
)

# The last row of table 3: stopped after 6 of the 20 epochs, before the rate falls; train it with
# --ema and without --amp.
LVIS_2021 = changed(
    LVIS_DB,
    "lvis-2021",
    boxes={"weight": 2.0},
    mask={"last": "refine", "agnostic_last": True},
    scoring={"kind": "mask-iou"},
    schedule={"updates": _updates(6), "steps": ()},
)

LVIS = (LVIS_HTC_SWIN_L, LVIS_PASTE, LVIS_MOSAIC, LVIS_DB, LVIS_2021)
