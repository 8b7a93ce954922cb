"""The predictions of a second model for a workload: most of the first one's, scored otherwise.

python -m tests.bench.second_model FOLDER NAME [workload options]

writes the workload NAME and the second predictions to FOLDER, as other.json.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np

KEPT, NOISE = 0.95, 0.05
"""Share of the predictions that the second model makes as well, and how its scores differ."""


def main() -> None:
    """Write both."""
    folder, *others = sys.argv[1:]
    command = [sys.executable, "-m", "tests.bench.workload", others[0], folder, *others[1:]]
    subprocess.run(command, check=True)
    records = json.loads(Path(folder, "preds.json").read_text(encoding="ascii"))
    rng = np.random.default_rng(0)
    is_kept = rng.random(len(records)) < KEPT
    noise = rng.normal(0, NOISE, len(records))
    for record, move in zip(records, noise.tolist(), strict=True):
        record["score"] = min(max(record["score"] + move, 0.0), 1.0)
    kept = [record for record, keep in zip(records, is_kept.tolist(), strict=True) if keep]
    Path(folder, "other.json").write_text(json.dumps(kept), encoding="ascii")


if __name__ == "__main__":
    main()
