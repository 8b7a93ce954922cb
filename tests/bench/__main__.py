"""The benchmark of a workload: of one of tests/bench/peers.py, or of pictures.

python -m tests.bench coco|lvis|3dfuture|boundary|label-maps [options]

boundary is boundary AP of coco.
"""

from __future__ import annotations

import sys

from tests.bench import label_maps, peers

if __name__ == "__main__":
    if sys.argv[1:2] == ["boundary"]:
        sys.argv[1:2] = ["coco", "--iou", "boundary"]
    is_of_pictures = sys.argv[1:2] == ["label-maps"]
    if is_of_pictures:
        del sys.argv[1]
    sys.exit(label_maps.main() if is_of_pictures else peers.main())
