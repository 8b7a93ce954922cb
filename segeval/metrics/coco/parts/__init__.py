"""Parts of an AP evaluation as files: matched anywhere, merged and read in constant memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

from segeval.first_use import on_first_use

if TYPE_CHECKING:
    from segeval.metrics.coco.arguments import Arguments
    from segeval.metrics.coco.parts.layout.matches import read_part, save_part
    from segeval.metrics.coco.parts.merging.merge import merge_parts
    from segeval.metrics.coco.parts.part import ap_of_part, match_part
    from segeval.metrics.coco.parts.shards.mapping import evaluate_parts, match_parts
else:
    __getattr__ = on_first_use(
        __name__,
        {
            "merging.merge": "merge_parts",
            "shards.mapping": "evaluate_parts match_parts",
            "part": "Arguments ap_of_part match_part",
            "layout.matches": "read_part save_part",
        },
    )

__all__ = [
    "Arguments",
    "ap_of_part",
    "evaluate_parts",
    "match_part",
    "match_parts",
    "merge_parts",
    "read_part",
    "save_part",
]


def __dir__() -> list[str]:
    return __all__
