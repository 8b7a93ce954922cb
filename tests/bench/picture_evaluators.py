"""Every evaluator of pictures that is timed, behind one function each: a folder in, numbers out.

    python -m tests.bench.picture_evaluators TASK EVALUATOR FOLDER REPORT

runs one of them in this process on a folder of `tests/bench/scenes.py` and writes what it took and
what it found to REPORT. Where a task begins with arrays, reading them is not its evaluation.
"""

# mypy: disable-error-code="import-not-found, import-untyped"
from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.bench.evaluators import Clock, Numbers, Report

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

WIDTHS = (1, 3, 5, 8, 20)
"""Of the trimaps, in pixels."""

Run = Callable[[Path, Clock], Numbers]

Maps = tuple[list[Path], list[Path]]
"""Files of the ground truth and of the predictions, in one order."""


def label_files(folder: Path) -> Maps:
    """The label maps."""
    return sorted((folder / "gt").glob("*_labelIds.png")), sorted((folder / "preds").glob("*.png"))


def arrays(files: Maps) -> tuple[list[NDArray[np.uint8]], list[NDArray[np.uint8]]]:
    """The label maps as arrays (H, W)."""
    import numpy as np
    from PIL import Image

    gt, preds = ([np.asarray(Image.open(path)) for path in paths] for paths in files)
    return gt, preds


def segeval(folder: Path, clock: Clock, *, source: str, trimap: bool) -> Numbers:
    """segeval's mean IoU; from folders it finds the instances, and computes their IoU as well."""
    from segeval import mean_iou

    gt: Any
    preds: Any
    gt, preds = (folder / "gt", folder / "preds") if source == "folders" else label_files(folder)
    clock.lap()
    if source == "arrays":
        gt, preds = arrays((gt, preds))
    clock.lap()
    result = mean_iou(preds, gt, classes="cityscapes", trimap=WIDTHS if trimap else ())
    clock.lap()
    numbers = {"mIoU": result.miou}
    if result.scores.iiou is not None:
        numbers["iIoU"] = result.scores.iiou
    numbers |= {f"mIoU within {band.width:g}": band.miou for band in result.scores.trimap}
    return defined(numbers)


def numpy_bincount(
    folder: Path, clock: Clock, *, source: str, lean: bool = False, trimap: bool = False
) -> Numbers:
    """Mean IoU from `numpy.bincount`, with trimaps by SciPy's distances.

    Args:
        folder: with the pictures.
        clock: is told when files are loaded and numbers known.
        source: "files" or "arrays".
        lean: products of 16 bits of all pixels, the fastest of several ways to call it; else the
            lines that most training code has.
        trimap: also within the bands.
    """
    import numpy as np
    from PIL import Image

    from segeval.data.cityscapes.labels import EVALUATED, LABELS

    count = max(label.id for label in LABELS) + 1
    ids = [label.id for label in EVALUATED]
    if trimap:
        import scipy.ndimage  # noqa: F401 - imported before the clock starts
    files = label_files(folder)
    clock.lap()
    pairs: Iterable[Sequence[NDArray[np.uint8]]]
    if source == "arrays":
        pairs = zip(*arrays(files), strict=True)
    else:
        pairs = ([np.asarray(Image.open(path)) for path in two] for two in zip(*files, strict=True))
    clock.lap()
    matrix = np.zeros((count, count), np.int64)
    bands = np.zeros((len(WIDTHS), count, count), np.int64)
    for gt, pred in pairs:
        if trimap:
            bands += banded(gt, pred, count, ids)
        if lean:
            pixels = gt.astype(np.uint16) * np.uint16(count) + pred
        else:
            is_known = (gt >= 0) & (gt < count)
            pixels = count * gt[is_known].astype(int) + pred[is_known]
        matrix += np.bincount(pixels.ravel(), minlength=count * count).reshape(count, count)
    numbers: dict[str, float | None] = {"mIoU": mean(matrix, ids)}
    if trimap:
        for width, band in zip(WIDTHS, bands, strict=True):
            numbers[f"mIoU within {width}"] = mean(band, ids)
    clock.lap()
    return defined(numbers)


def banded(
    gt: NDArray[np.uint8], pred: NDArray[np.uint8], count: int, ids: Sequence[int]
) -> NDArray[np.int64]:
    """Confusion matrices within the bands of one image, shape (B, count, count)."""
    import numpy as np
    from scipy.ndimage import distance_transform_edt

    places = np.full(256, len(ids), np.uint8)
    places[list(ids)] = np.arange(len(ids))
    index = places[gt]
    is_class = index < len(ids)
    is_boundary = np.zeros(gt.shape, bool)
    for here, there in (
        ((slice(None, -1), slice(None)), (slice(1, None), slice(None))),
        ((slice(None), slice(None, -1)), (slice(None), slice(1, None))),
    ):
        differs = (index[here] != index[there]) & is_class[here] & is_class[there]
        is_boundary[here] |= differs
        is_boundary[there] |= differs
    distance = distance_transform_edt(~is_boundary)
    inside = is_class & (distance < WIDTHS[-1])
    band = np.searchsorted(WIDTHS, distance[inside], side="right")
    pixels = (band * count + gt[inside]) * count + pred[inside]
    counts = np.bincount(pixels, minlength=len(WIDTHS) * count * count)
    matrices: NDArray[np.int64] = np.cumsum(counts.reshape(-1, count, count), axis=0)
    return matrices


def mean(matrix: NDArray[np.int64], ids: Sequence[int]) -> float | None:
    """Mean IoU of a confusion matrix (true, predicted): void is not looked at."""
    import numpy as np

    true_positives = np.diag(matrix)[list(ids)]
    union = matrix[list(ids)].sum(axis=1) + matrix[list(ids)][:, list(ids)].sum(axis=0)
    union -= true_positives
    seen = union > 0
    return float((true_positives[seen] / union[seen]).mean()) if seen.any() else None


def cityscapes_scripts(folder: Path, clock: Clock, *, instances: bool) -> Numbers:
    """The official mean IoU; release 2.3.0 needs `numpy.in1d`."""
    import numpy as np

    setattr(np, "in1d", np.isin)  # noqa: B010 (numpy's stubs do not know it)
    from cityscapesscripts.evaluation import evalPixelLevelSemanticLabeling as official  # noqa: N813

    gt, preds = ([str(path) for path in paths] for paths in label_files(folder))
    official.args.evalInstLevelScore = instances
    official.args.JSONOutput = False
    official.args.quiet = True
    clock.lap()
    clock.lap()
    found = official.evaluateImgLists(preds, gt, official.args)
    clock.lap()
    numbers = {"mIoU": found["averageScoreClasses"]}
    if instances:
        numbers["iIoU"] = found["averageScoreInstClasses"]
    return defined(numbers)


def segeval_instances(folder: Path, clock: Clock, *, iou: Sequence[str]) -> Numbers:
    """segeval's AP of Cityscapes' instances."""
    from segeval import cityscapes_ap

    clock.lap()
    clock.lap()
    result = cityscapes_ap(folder / "instances", folder / "gt", iou=iou)
    clock.lap()
    scores = result.scores["segm"]
    return defined({"AP": scores.ap, "AP50": scores.ap50})


def cityscapes_scripts_instances(folder: Path, clock: Clock) -> Numbers:
    """The official AP of Cityscapes' instances; it is spared to write what it has matched.

    Release 2.3.0 cannot write numpy 2's numbers as JSON; the matches are no part of the result.
    """
    import numpy as np

    setattr(np, "in1d", np.isin)  # noqa: B010
    from cityscapesscripts.evaluation import evalInstanceLevelSemanticLabeling as official  # noqa: N813

    folder = folder.resolve()
    gt = sorted(str(path) for path in (folder / "gt").glob("*_instanceIds.png"))
    preds = sorted(str(path) for path in (folder / "instances").glob("*.txt"))
    official.writeDict2JSON = lambda *_: None
    official.args.predictionPath = str(folder / "instances")
    official.args.gtInstancesFile = str(folder / "no-earlier-run.json")
    official.args.JSONOutput = False
    official.args.quiet = True
    clock.lap()
    clock.lap()
    found = official.evaluateImgLists(preds, gt, official.args)["averages"]
    clock.lap()
    return defined({"AP": found["allAp"], "AP50": found["allAp50%"]})


def segeval_panoptic(folder: Path, clock: Clock, *, iou: Sequence[str]) -> Numbers:
    """segeval's panoptic quality."""
    from segeval import panoptic_quality

    clock.lap()
    clock.lap()
    paths = folder / "panoptic_preds.json", folder / "panoptic_gt.json"
    scores = panoptic_quality(*paths, iou=iou).scores["segm"].all
    clock.lap()
    return defined({"PQ": scores.pq, "SQ": scores.sq, "RQ": scores.rq})


def pillow(folder: Path, clock: Clock, *, pictures: Sequence[str]) -> Numbers:
    """Only decode pictures, one after the other: what no evaluator of files can do without."""
    import numpy as np
    from PIL import Image

    clock.lap()
    clock.lap()
    for pattern in pictures:
        for path in folder.glob(pattern):
            np.asarray(Image.open(path))
    clock.lap()
    return {}


def defined(numbers: Mapping[str, float | None]) -> Numbers:
    """Numbers with -1 for what is undefined."""
    return {
        key: -1.0 if value is None or value != value else float(value)
        for key, value in numbers.items()
    }


def mean_iou_runs(source: str, *, trimap: bool) -> Iterator[tuple[str, Run]]:
    """What computes mean IoU from files or arrays."""
    lean = partial(numpy_bincount, source=source, lean=True, trimap=trimap)
    yield "segeval", partial(segeval, source=source, trimap=trimap)
    if trimap:
        yield "numpy-bincount-scipy", lean
    else:
        yield "numpy-bincount", partial(lean, lean=False)
        yield "numpy-bincount-lean", lean
        if source == "files":
            yield "cityscapesScripts", partial(cityscapes_scripts, instances=False)
    if source == "files":
        yield "pillow", partial(pillow, pictures=("gt/*_labelIds.png", "preds/*.png"))


BOTH = ("segm", "boundary")

TASKS: dict[str, dict[str, Run]] = {
    "mean IoU from files": dict(mean_iou_runs("files", trimap=False)),
    "mean IoU from arrays": dict(mean_iou_runs("arrays", trimap=False)),
    "trimaps from files": dict(mean_iou_runs("files", trimap=True)),
    "trimaps from arrays": dict(mean_iou_runs("arrays", trimap=True)),
    "mean IoU and iIoU from files": {
        "segeval": partial(segeval, source="folders", trimap=False),
        "cityscapesScripts": partial(cityscapes_scripts, instances=True),
        "pillow": partial(pillow, pictures=("gt/*.png", "preds/*.png")),
    },
    "Cityscapes instance AP": {
        "segeval": partial(segeval_instances, iou=("segm",)),
        "segeval-boundary": partial(segeval_instances, iou=BOTH),
        "cityscapesScripts": cityscapes_scripts_instances,
        "pillow": partial(pillow, pictures=("gt/*_instanceIds.png", "instances/*.png")),
    },
    "panoptic quality": {
        "segeval": partial(segeval_panoptic, iou=("segm",)),
        "segeval-boundary": partial(segeval_panoptic, iou=BOTH),
        "pillow": partial(pillow, pictures=("panoptic_gt/*.png", "panoptic_preds/*.png")),
    },
}
"""What is computed, and by whom; the first one is what ratios are taken to."""

REFERENCES = ("cityscapesScripts", "numpy-bincount-scipy", "numpy-bincount", "segeval")
"""Whose numbers differences are taken to: the first one that a task has."""


def main() -> None:
    """Run one evaluator and write the report."""
    task, name, folder, report = sys.argv[1:]
    clock = Clock([], [])
    numbers = TASKS[task][name](Path(folder), clock)
    (w0, w1, w2), (c0, c1, c2) = clock.wall, clock.cpu
    took = Report(w1 - w0, c1 - c0, w2 - w1, c2 - c1, numbers)
    Path(report).write_text(json.dumps(asdict(took)), encoding="ascii")


if __name__ == "__main__":
    main()
