"""Configurations by name, a file for each data set; each builds on an earlier one."""

from __future__ import annotations

from segeval.models.config.config import Config
from segeval.models.config.presets.cityscapes import CITYSCAPES
from segeval.models.config.presets.coco import COCO
from segeval.models.config.presets.future import FUTURE_PRESETS
from segeval.models.config.presets.lvis import LVIS
from segeval.models.config.presets.open_images import OPEN_IMAGES

PRESETS: dict[str, Config] = {
    config.name: config for config in (*COCO, *CITYSCAPES, *FUTURE_PRESETS, *LVIS, *OPEN_IMAGES)
}
"""Configurations by name."""
