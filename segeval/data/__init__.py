"""Ground truth and predictions as columns: reading and writing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from segeval.first_use import on_first_use

if TYPE_CHECKING:
    from segeval.data.coco.cocofy import Cocofied, cocofy
    from segeval.data.coco.from_arrays import predictions_from_arrays
    from segeval.data.coco.read_ground_truth import load_ground_truth
    from segeval.data.coco.read_predictions import load_predictions
    from segeval.data.coco.write import save_ground_truth, save_predictions
    from segeval.data.columns import Categories, GroundTruth, IdLists, Images, Predictions
    from segeval.data.cvat.to_coco import cvat_to_coco
    from segeval.data.id_maps.to_coco import CocoFromIdMaps, id_maps_to_coco
    from segeval.data.id_maps.write import WrittenIdMaps, coco_to_id_maps
    from segeval.data.label_maps.classes import LabelClasses, label_classes
    from segeval.data.labelme.to_coco import labelme_to_coco
    from segeval.data.panoptic.columns import PanopticSegments
    from segeval.data.panoptic.instances import panoptic_to_instances
    from segeval.data.panoptic.read import load_panoptic
    from segeval.data.segmentations import Format, Segmentations
    from segeval.data.tiles import Tiles, read_tiles
    from segeval.data.voc.to_coco import voc_to_coco
    from segeval.data.yolo.to_coco import CocoFromYolo, yolo_to_coco
else:
    __getattr__ = on_first_use(
        __name__,
        {
            "coco.cocofy": "Cocofied cocofy",
            "coco.from_arrays": "predictions_from_arrays",
            "coco.read_ground_truth": "load_ground_truth",
            "coco.read_predictions": "load_predictions",
            "coco.write": "save_ground_truth save_predictions",
            "columns": "Categories GroundTruth IdLists Images Predictions",
            "cvat.to_coco": "cvat_to_coco",
            "id_maps.to_coco": "CocoFromIdMaps id_maps_to_coco",
            "id_maps.write": "WrittenIdMaps coco_to_id_maps",
            "labelme.to_coco": "labelme_to_coco",
            "label_maps.classes": "LabelClasses label_classes",
            "panoptic.columns": "PanopticSegments",
            "panoptic.instances": "panoptic_to_instances",
            "panoptic.read": "load_panoptic",
            "segmentations": "Format Segmentations",
            "voc.to_coco": "voc_to_coco",
            "yolo.to_coco": "CocoFromYolo yolo_to_coco",
            "tiles": "Tiles read_tiles",
        },
    )

__all__ = [
    "Categories",
    "CocoFromIdMaps",
    "CocoFromYolo",
    "Cocofied",
    "Format",
    "GroundTruth",
    "IdLists",
    "Images",
    "LabelClasses",
    "PanopticSegments",
    "Predictions",
    "Segmentations",
    "Tiles",
    "WrittenIdMaps",
    "coco_to_id_maps",
    "cocofy",
    "cvat_to_coco",
    "id_maps_to_coco",
    "label_classes",
    "labelme_to_coco",
    "load_ground_truth",
    "load_panoptic",
    "load_predictions",
    "panoptic_to_instances",
    "predictions_from_arrays",
    "read_tiles",
    "save_ground_truth",
    "save_predictions",
    "voc_to_coco",
    "yolo_to_coco",
]


def __dir__() -> list[str]:
    return __all__
