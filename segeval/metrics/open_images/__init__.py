"""Average precision of the Open Images challenges."""

from segeval.metrics.open_images.evaluate import open_images_ap
from segeval.metrics.open_images.result import (
    OpenImagesClassScores,
    OpenImagesResult,
    OpenImagesScores,
)

__all__ = ["OpenImagesClassScores", "OpenImagesResult", "OpenImagesScores", "open_images_ap"]
