"""Cityscapes' labels and file names.

Source: cityscapesScripts 2.3.0, helpers/labels.py and evalPixelLevelSemanticLabeling.py.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.frozen import frozen

LABEL_FILE, INSTANCE_FILE = "_labelIds.png", "_instanceIds.png"
"""Endings of the names of files: of labels, and of labels with instance numbers."""

TRAIN_FILE = "_labelTrainIds.png"
"""Ending of files of train ids, which cityscapesScripts makes from the polygons."""

FIRST_INSTANCE = 1000
"""Pixels of single objects are 1000 label + number; below that are labels, of groups."""

CITYSCAPES_RATIO = 0.005
"""Width of boundaries as a fraction of the diagonal of the large images: 11 pixels."""

FRAME = re.compile(r"^(.+?_\d{6}_\d{6})(?=[._]|$)")
"""City, sequence and frame at the start of a file name."""


@frozen
class CityLabel:
    """One of Cityscapes' labels.

    Attributes:
        id: value of a pixel in `*_labelIds.png`; -1 never occurs there.
        name: name, such as "road".
        group: the group of labels it belongs to, such as "flat"; Cityscapes calls it a category.
        ignored: left out of every evaluation.
        average_size: mean number of pixels of an instance in the training images; None for labels
            without instances.
    """

    id: int
    name: str
    group: str
    ignored: bool
    average_size: float | None = None


LABELS = (
    CityLabel(0, "unlabeled", "void", ignored=True),
    CityLabel(1, "ego vehicle", "void", ignored=True),
    CityLabel(2, "rectification border", "void", ignored=True),
    CityLabel(3, "out of roi", "void", ignored=True),
    CityLabel(4, "static", "void", ignored=True),
    CityLabel(5, "dynamic", "void", ignored=True),
    CityLabel(6, "ground", "void", ignored=True),
    CityLabel(7, "road", "flat", ignored=False),
    CityLabel(8, "sidewalk", "flat", ignored=False),
    CityLabel(9, "parking", "flat", ignored=True),
    CityLabel(10, "rail track", "flat", ignored=True),
    CityLabel(11, "building", "construction", ignored=False),
    CityLabel(12, "wall", "construction", ignored=False),
    CityLabel(13, "fence", "construction", ignored=False),
    CityLabel(14, "guard rail", "construction", ignored=True),
    CityLabel(15, "bridge", "construction", ignored=True),
    CityLabel(16, "tunnel", "construction", ignored=True),
    CityLabel(17, "pole", "object", ignored=False),
    CityLabel(18, "polegroup", "object", ignored=True),
    CityLabel(19, "traffic light", "object", ignored=False),
    CityLabel(20, "traffic sign", "object", ignored=False),
    CityLabel(21, "vegetation", "nature", ignored=False),
    CityLabel(22, "terrain", "nature", ignored=False),
    CityLabel(23, "sky", "sky", ignored=False),
    CityLabel(24, "person", "human", ignored=False, average_size=3462.4756337644),
    CityLabel(25, "rider", "human", ignored=False, average_size=3930.4788056518),
    CityLabel(26, "car", "vehicle", ignored=False, average_size=12794.0202738185),
    CityLabel(27, "truck", "vehicle", ignored=False, average_size=27855.1264367816),
    CityLabel(28, "bus", "vehicle", ignored=False, average_size=35732.1511111111),
    CityLabel(29, "caravan", "vehicle", ignored=True, average_size=36771.8241758242),
    CityLabel(30, "trailer", "vehicle", ignored=True, average_size=16926.9763313609),
    CityLabel(31, "train", "vehicle", ignored=False, average_size=67583.7075812274),
    CityLabel(32, "motorcycle", "vehicle", ignored=False, average_size=6298.7200839748),
    CityLabel(33, "bicycle", "vehicle", ignored=False, average_size=4672.3249222261),
    CityLabel(-1, "license plate", "vehicle", ignored=True),
)

EVALUATED = tuple(label for label in LABELS if not label.ignored)
"""The 19 classes; the place of a class is its train id, that of all other labels is 255."""

TRAIN_VOID = 255
"""Train id of labels that are not evaluated."""

INSTANCES = tuple(label for label in EVALUATED if label.average_size is not None)
"""The 8 classes whose instances are evaluated."""

INSTANCE_CLASSES = tuple(label.id for label in INSTANCES)
"""Their label ids."""


def frame_of(path: Path) -> str | None:
    """City, sequence and frame of a file of Cityscapes; None if its name has another form.

    Example:
        >>> frame_of(Path("gt/aachen/aachen_000000_000019_gtFine_labelIds.png"))
        'aachen_000000_000019'
    """
    found = FRAME.match(path.name)
    return found[1] if found else None


def label_of(ids: NDArray[np.integer[Any]]) -> NDArray[np.int64]:
    """Label ids from the values of pixels, int64, same shape.

    Example:
        >>> label_of(np.array([7, 26, 26012]))
        array([ 7, 26, 26])
    """
    wide = ids.astype(np.int64)
    return np.where(wide < FIRST_INSTANCE, wide, wide // FIRST_INSTANCE)
