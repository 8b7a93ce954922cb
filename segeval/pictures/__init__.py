"""What images look like to a model: photographs, outlines, crops and layers, before they are drawn.

Figures and reports draw what this room prepares; it draws nothing itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from segeval.first_use import on_first_use

if TYPE_CHECKING:
    from segeval.pictures.crops import Box, crop_box, cropped
    from segeval.pictures.drawn import Drawing, DrawStyle, Gallery, drawings, gallery
    from segeval.pictures.label_tiles import (
        LabelTile,
        LabelView,
        each_label_tile,
        label_losses,
        label_tile,
        worst_label_images,
    )
    from segeval.pictures.layers import MaskLayer, PoorMasks, mask_layers, poor_masks, svg_path
    from segeval.pictures.one_image import seen_image, seen_segments
    from segeval.pictures.photographs import Photograph, photograph, photograph_or_placeholder
    from segeval.pictures.segments import (
        SeenSegments,
        each_segment_tile,
        segment_shapes,
        worst_segment_images,
    )
    from segeval.pictures.shapes import Seen, Shape, image_shapes
    from segeval.pictures.sheets import Named, contact_sheet
    from segeval.pictures.suspect_crops import SuspectTile, suspect_tiles
    from segeval.pictures.tiles import Tile, each_tile, image_tiles, worst_images
else:
    __getattr__ = on_first_use(
        __name__,
        {
            "sheets": "Named contact_sheet",
            "crops": "Box crop_box cropped",
            "drawn": "Drawing DrawStyle Gallery drawings gallery",
            "label_tiles": (
                "LabelTile LabelView each_label_tile label_losses label_tile worst_label_images"
            ),
            "layers": "MaskLayer PoorMasks mask_layers poor_masks svg_path",
            "one_image": "seen_image seen_segments",
            "photographs": "Photograph photograph photograph_or_placeholder",
            "segments": "SeenSegments each_segment_tile segment_shapes worst_segment_images",
            "shapes": "Seen Shape image_shapes",
            "suspect_crops": "SuspectTile suspect_tiles",
            "tiles": "Tile each_tile image_tiles worst_images",
        },
    )

__all__ = [
    "Box",
    "DrawStyle",
    "Drawing",
    "Gallery",
    "LabelTile",
    "LabelView",
    "MaskLayer",
    "Named",
    "Photograph",
    "PoorMasks",
    "Seen",
    "SeenSegments",
    "Shape",
    "SuspectTile",
    "Tile",
    "contact_sheet",
    "crop_box",
    "cropped",
    "drawings",
    "each_label_tile",
    "each_segment_tile",
    "each_tile",
    "gallery",
    "image_shapes",
    "image_tiles",
    "label_losses",
    "label_tile",
    "mask_layers",
    "photograph",
    "photograph_or_placeholder",
    "poor_masks",
    "seen_image",
    "seen_segments",
    "segment_shapes",
    "suspect_tiles",
    "svg_path",
    "worst_images",
    "worst_label_images",
    "worst_segment_images",
]


def __dir__() -> list[str]:
    return __all__
