"""The benchmark of a workload: of one of tests/bench/peers.py, of pictures, or of ensembles.

    python -m tests.bench coco|lvis|3dfuture|boundary [options]
    python -m tests.bench label-maps|compare|report|pieces|encode|loop [options]
    python -m tests.bench ensemble|ensemble-gain|swin|waiting|kernels [options]

boundary is boundary AP of coco; compare is the bootstrap and the swap test of two models; ensemble
merges five models, and ensemble-gain says what that gains; pieces is an evaluation in parts;
encode turns dense masks into runs; loop is mask AP in a training loop; report is the HTML page;
swin is the Swin transformer beside that of transformers; waiting is help, few images, the first run
and a check at the command line; kernels is the time of each kernel, beside another checkout.
"""

from __future__ import annotations

import sys
from compileall import compile_dir
from importlib import import_module

from tests.bench.processes import ROOT

MODULES = {
    "label-maps": "label_maps",
    "compare": "comparing",
    "ensemble": "ensemble",
    "ensemble-gain": "ensemble_gain",
    "pieces": "pieces",
    "encode": "encoding",
    "kernels": "kernel_times",
    "loop": "loop",
    "report": "report",
    "swin": "swin",
    "waiting": "waiting",
}
"""Where other workloads are than in tests/bench/peers.py; only the one asked for is imported."""


def compile_modules() -> None:
    """Write segeval's byte code, which an installation has done for the other evaluators.

    A clone writes it in its first run, and never where PYTHONDONTWRITEBYTECODE is set: importing
    then takes twice as long.
    """
    for package in ("segeval", "cli"):
        compile_dir(ROOT / package, quiet=1)


if __name__ == "__main__":
    compile_modules()
    if sys.argv[1:2] == ["boundary"]:
        sys.argv[1:2] = ["coco", "--iou", "boundary"]
    chosen = MODULES.get(sys.argv[1], "peers") if len(sys.argv) > 1 else "peers"
    if chosen != "peers":
        del sys.argv[1]
    sys.exit(import_module(f"tests.bench.{chosen}").main())
