"""Kinds of files that are known by their first bytes, and the way to go for each."""

from __future__ import annotations

import re

from segeval.data.beginnings import BZIP2, LOOKED_AT, XZ, ZIP
from segeval.frozen import frozen

TORCH_FILE = "is a PyTorch file (a zip archive with a pickle in it)"
ZIP_ARCHIVE, TAR_ARCHIVE = "is a zip archive", "is a tar archive"
PICKLE = "is a Python pickle"

TAR_MARK = 257
"""Place of the word "ustar" in a tar archive."""

PICTURES = "Pictures of labels go with `mean_iou`, those of panoptic ids beside a JSON file."


ARRAYS = (
    "Label maps go with `mean_iou`; arrays of predictions with "
    "`segeval.data.predictions_from_arrays`."
)

NPZ = ("is an archive of numpy arrays (.npz)", ARRAYS)
"""An archive whose members alone tell it from others."""

PART = "is a part file of `match_part`"


@frozen
class OfBytes:
    """A kind of file that is known by its bytes.

    Attributes:
        name: what it is, completing "FILE: ".
        begins: the bytes at `place`, any of these.
        way: what to do.
        place: where they are.
        holds: what else the beginning of the file holds.
    """

    name: str
    begins: tuple[bytes, ...]
    way: str
    place: int = 0
    holds: bytes = b""

    def knows(self, data: bytes) -> bool:
        """Whether a file with this beginning is of this kind."""
        return data.startswith(self.begins, self.place) and self.holds in data[:LOOKED_AT]


BY_BYTES = (
    OfBytes(
        PART,
        (ZIP,),
        "It holds matches with their ground truth, and is read by itself: `ap_of_part`, "
        "`mean_iou_of_part` or `panoptic_quality_of_part`.",
        holds=b"header.npy",
    ),
    OfBytes(
        TORCH_FILE,
        (ZIP,),
        "If it holds outputs of a model, write them with "
        "`segeval.models.to_predictions` and `segeval.save_predictions`.",
        holds=b"data.pkl",
    ),
    OfBytes(ZIP_ARCHIVE, (ZIP, b"PK\x05\x06"), "Unpack it."),
    OfBytes("is compressed with xz", (XZ,), "Unpack it."),
    OfBytes("is compressed with bzip2", (BZIP2,), "Unpack it."),
    OfBytes("is compressed with zstd", (b"\x28\xb5\x2f\xfd",), "Unpack it."),
    OfBytes("is a 7z archive", (b"7z\xbc\xaf\x27\x1c",), "Unpack it."),
    OfBytes("is a RAR archive", (b"Rar!\x1a\x07",), "Unpack it."),
    OfBytes(TAR_ARCHIVE, (b"ustar",), "Unpack it.", place=TAR_MARK),
    OfBytes(
        PICKLE,
        tuple(b"\x80" + bytes([version]) for version in range(2, 6)),
        "A pickle can run any program, so it is not opened. Write JSON: mmdetection does with "
        "`outfile_prefix`, detectron2 with `output_dir`, own lists with `json.dump`.",
    ),
    OfBytes("is a PNG picture", (b"\x89PNG\r\n\x1a\n",), PICTURES),
    OfBytes("is a JPEG picture", (b"\xff\xd8\xff",), PICTURES),
    OfBytes("is a TIFF picture", (b"II*\x00", b"MM\x00*"), PICTURES),
    OfBytes(
        "is an HDF5 file",
        (b"\x89HDF\r\n\x1a\n",),
        "Export its records as JSON, or its maps as .png.",
    ),
    OfBytes(
        "is a Parquet file",
        (b"PAR1",),
        "Export it: `json.dump(pandas.read_parquet(path).to_dict('records'), file)`.",
    ),
    OfBytes("is an SQLite database", (b"SQLite format 3\x00",), "Export its records as JSON."),
    OfBytes(
        "is a numpy array",
        (b"\x93NUMPY",),
        ARRAYS,
    ),
    OfBytes("is a PDF file", (b"%PDF-",), ""),
    OfBytes(
        "is the pointer of a file in Git LFS, not the file",
        (b"version https://git-lfs",),
        "Fetch the file: git lfs pull.",
    ),
    OfBytes(
        "is a web page",
        (b"<!DOCTYPE html", b"<!doctype html", b"<html"),
        "Was the page saved in place of the download?",
    ),
    OfBytes(
        "is a CSV file of Open Images",
        (b"ImageID,",),
        "Evaluate it with `open_images_ap`, or make COCO files of it with `open_images_to_coco`.",
    ),
)
"""Kinds of files, by their first bytes; the first that fits counts."""

VOC_XML = (
    "is a Pascal VOC annotation (XML) of one image",
    "Convert the folder above Annotations with `voc_to_coco`.",
)
CVAT_XML = (
    "is an annotation file of CVAT (XML)",
    "Convert it with `cvat_to_coco`, or export again as COCO 1.0.",
)
PYTHON_TEXT = (
    "is text that Python's print or str wrote (its quotes are single)",
    "Write it with `json.dump`.",
)
YOLO_TEXT = (
    "is a text file of YOLO (a class and numbers in each line)",
    (
        "Convert the folder with `yolo_to_coco`; of predictions Ultralytics also writes COCO's "
        "JSON, with `val(save_json=True)`."
    ),
)


def known(data: bytes) -> tuple[str, str] | None:
    """As `segeval.data.recognisers.known_bytes`."""
    for kind in BY_BYTES:
        if kind.knows(data):
            return kind.name, kind.way
    text = data[:LOOKED_AT].lstrip()
    if text.startswith(b"<"):
        if b"<annotations" in text:
            return CVAT_XML
        return VOC_XML if b"<annotation" in text else None
    if re.match(rb"(\[\s*)?\{\s*'", text):
        return PYTHON_TEXT
    if re.match(rb"\d+( \d*\.?\d+){4,}\s*(\n|$)", text):
        return YOLO_TEXT
    return None
