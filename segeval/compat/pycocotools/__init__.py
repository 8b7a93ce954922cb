"""pycocotools' interface, with segeval behind it: change the import, and keep the code.

Names, arguments, printed text and results are those of pycocotools 2.0.11, to the last bit. What
is not supported raises an error of segeval.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from segeval.first_use import on_first_use

if TYPE_CHECKING:
    from segeval.compat.pycocotools import coco, cocoeval, mask
    from segeval.compat.pycocotools.coco import COCO
    from segeval.compat.pycocotools.cocoeval import COCOeval
else:
    __getattr__ = on_first_use(
        __name__, {"coco": "COCO", "cocoeval": "COCOeval"}, modules="coco cocoeval mask"
    )

__all__ = ["COCO", "COCOeval", "coco", "cocoeval", "mask"]


def __dir__() -> list[str]:
    return __all__
