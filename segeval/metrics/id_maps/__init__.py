"""Numbers of id maps: AP, and objects found, false and missed at each IoU threshold."""

from segeval.metrics.id_maps.average_precision import id_maps_ap
from segeval.metrics.id_maps.counts import ThresholdCounts, threshold_counts
from segeval.metrics.id_maps.result import IdMapsResult

__all__ = ["IdMapsResult", "ThresholdCounts", "id_maps_ap", "threshold_counts"]
