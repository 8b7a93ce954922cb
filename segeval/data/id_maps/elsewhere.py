"""What to do with id maps where they are not read."""

from __future__ import annotations

CONVERTED = (
    "Of id maps, in which every number but 0 is an object, make COCO's files first: "
    "`id_maps_to_coco`."
)
"""The hint where a folder of pictures is taken for label maps."""
