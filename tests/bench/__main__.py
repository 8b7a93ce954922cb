"""The benchmark of a workload: of one of tests/bench/peers.py, or of pictures.

python -m tests.bench coco|lvis|3dfuture|boundary|label-maps|compare|ensemble [options]

boundary is boundary AP of coco; compare is the bootstrap and the swap test of two models; ensemble
merges five models.
"""

from __future__ import annotations

import sys

from tests.bench import comparing, ensemble, label_maps, peers

if __name__ == "__main__":
    if sys.argv[1:2] == ["boundary"]:
        sys.argv[1:2] = ["coco", "--iou", "boundary"]
    others = {"label-maps": label_maps, "compare": comparing, "ensemble": ensemble}
    chosen = others.get(sys.argv[1]) if len(sys.argv) > 1 else None
    if chosen is not None:
        del sys.argv[1]
    sys.exit((chosen or peers).main())
