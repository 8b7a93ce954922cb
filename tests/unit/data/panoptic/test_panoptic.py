"""Reading panoptic files, their pictures, and instances from them."""

from __future__ import annotations

import gzip
import io
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from segeval import FormatError, InputError, MismatchError, load_ground_truth, save_ground_truth
from segeval.data.panoptic.instances import panoptic_to_instances
from segeval.data.panoptic.read import load_panoptic
from segeval.data.pictures.png import read_ids
from segeval.masks import decode
from tests.panoptic_build import build, drawing, segment

IDS = drawing("aab.", "aabb")
SEGMENTS = [
    segment("b", 7, area=3, bbox=[2, 0, 2, 2]),
    segment("a", 1, area=4, bbox=[0, 0, 2, 2], iscrowd=1),
]


def test_segments_are_columns_in_the_order_of_the_file(tmp_path: Path) -> None:
    found = load_panoptic(build(tmp_path / "gt.json", (IDS, SEGMENTS), (IDS, []), gt=True))
    assert repr(found).endswith("gt.json: 2 images, 2 segments)")
    assert found.id.tolist() == [2, 1]
    assert found.offsets.tolist() == [0, 2, 2]
    assert found.is_crowd.tolist() == [False, True]
    assert found.boxes.tolist() == [[2, 0, 2, 2], [0, 0, 2, 2]]
    assert found.is_thing is not None
    assert found.is_thing.tolist() == [True, True, False]
    assert found.describe(1).endswith("gt.json: segment 1 (image_id 1)")
    assert found.picture(1).tolist() == IDS.tolist()


def test_a_compressed_file_has_its_folder_beside_it(tmp_path: Path) -> None:
    path = build(tmp_path / "gt.json", (IDS, SEGMENTS), gt=True)
    packed = tmp_path / "gt.json.gz"
    packed.write_bytes(gzip.compress(path.read_bytes()))
    assert load_panoptic(packed).folder == tmp_path / "gt"


def test_another_folder_can_be_named(tmp_path: Path) -> None:
    path = build(tmp_path / "gt.json", (IDS, SEGMENTS), gt=True)
    moved = (tmp_path / "gt").rename(tmp_path / "pictures")
    assert load_panoptic(path, moved).path(0) == moved / "1.png"
    with pytest.raises(InputError, match=r"there is no folder .*gt with its pictures"):
        load_panoptic(path)


def test_colours_of_16_bits_are_not_taken_for_ids(tmp_path: Path) -> None:
    def chunk(name: bytes, data: bytes) -> bytes:
        body = name + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    head = struct.pack(">IIBBBBB", 2, 1, 16, 2, 0, 0, 0)
    pixels = zlib.compress(b"\0" + bytes(12))
    parts = (chunk(b"IHDR", head), chunk(b"IDAT", pixels), chunk(b"IEND", b""))
    path = tmp_path / "deep.png"
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(parts))
    with pytest.raises(FormatError, match=r"has colours of 16 bits, expected a PNG file"):
        read_ids(path)


def test_transparency_is_no_part_of_an_id(tmp_path: Path) -> None:
    Image.new("RGBA", (3, 2), (1, 2, 3, 200)).save(tmp_path / "clear.png")
    found = read_ids(tmp_path / "clear.png")
    assert found.tolist() == [[1 + 2 * 256 + 3 * 65536] * 3] * 2


def test_a_picture_that_is_cut_off_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "cut.png"
    noise = np.random.default_rng(0).integers(0, 256, (60, 60, 3)).astype(np.uint8)
    Image.fromarray(noise).save(path)
    path.write_bytes(path.read_bytes()[:5000])
    with pytest.raises(FormatError, match=r"cut\.png: the picture is damaged"):
        read_ids(path)


def test_standard_input_has_no_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    text = io.TextIOWrapper(io.BytesIO(b'{"annotations": []}'))
    monkeypatch.setattr("sys.stdin", text)
    with pytest.raises(InputError, match="the folder of the pictures is not known from standard"):
        load_panoptic("-")


def test_instances_have_the_masks_of_things(tmp_path: Path) -> None:
    path = build(tmp_path / "gt.json", (IDS, SEGMENTS), (IDS, SEGMENTS[:1]), gt=True)
    found = panoptic_to_instances(load_panoptic(path))
    assert found.categories.id.tolist() == [1, 2]
    assert (found.id.tolist(), found.image_id.tolist()) == ([1], [1])
    assert decode(found.masks).tolist() == [(IDS == 1).astype(int).tolist()]
    assert (found.area.tolist(), found.boxes.tolist()) == ([4], [[0, 0, 2, 2]])
    assert found.is_crowd.tolist() == [True]
    assert [(note.code, note.count) for note in found.notes] == [("stuff", 2)]


def test_instances_of_stuff_are_kept_when_asked_for(tmp_path: Path) -> None:
    path = build(tmp_path / "gt.json", (IDS, SEGMENTS), gt=True)
    heard: list[tuple[int, int]] = []
    found = panoptic_to_instances(
        load_panoptic(path), stuff=True, on_progress=lambda done, of: heard.append((done, of))
    )
    assert found.categories.id.tolist() == [1, 2, 7]
    assert found.category_id.tolist() == [7, 1]
    assert decode(found.masks)[0].tolist() == (IDS == 2).astype(int).tolist()
    assert (found.notes, heard) == ((), [(1, 1)])


def test_instances_measure_what_the_file_does_not_say(tmp_path: Path) -> None:
    bare = [{"image_id": 5, "file_name": "1.png", "segments_info": [segment("b", 7)]}]
    path = build(tmp_path / "gt.json", (IDS, []), gt=True, annotations=bare)
    found = panoptic_to_instances(load_panoptic(path), stuff=True)
    assert (found.area.tolist(), found.boxes.tolist()) == ([3], [[2, 0, 2, 2]])
    assert [note.code for note in found.notes] == ["area-computed", "crowd-assumed"]


def test_instances_can_be_written_and_read(tmp_path: Path) -> None:
    listed = [{"id": 1, "height": 2, "width": 4, "file_name": "photo.jpg"}]
    path = build(tmp_path / "gt.json", (IDS, SEGMENTS), gt=True, images=listed)
    save_ground_truth(
        panoptic_to_instances(load_panoptic(path), stuff=True), tmp_path / "instances.json"
    )
    found = load_ground_truth(tmp_path / "instances.json")
    assert found.images.file_names == ("photo.jpg",)
    assert found.mask_sizes.tolist() == [[2, 4], [2, 4]]
    np.testing.assert_array_equal(decode(found.masks)[1], IDS == 1)


def test_instances_of_a_file_without_segments(tmp_path: Path) -> None:
    path = build(tmp_path / "gt.json", (IDS, []), gt=True)
    assert len(panoptic_to_instances(load_panoptic(path))) == 0
    empty = build(tmp_path / "empty.json", gt=True)
    assert len(panoptic_to_instances(load_panoptic(empty))) == 0


def test_instances_refuse_a_segment_without_pixels(tmp_path: Path) -> None:
    path = build(tmp_path / "gt.json", (IDS, [segment("c", 1)]), gt=True)
    with pytest.raises(MismatchError, match=r"lists 1 segment of image_id 1 that .*: 3\."):
        panoptic_to_instances(load_panoptic(path))


def test_instances_refuse_a_size_that_is_not_the_images(tmp_path: Path) -> None:
    listed = [{"id": 1, "height": 4, "width": 2}]
    path = build(tmp_path / "gt.json", (IDS, SEGMENTS), gt=True, images=listed)
    with pytest.raises(MismatchError, match=r"1\.png: is 2 x 4 pixels, but .* says 4 x 2 for"):
        panoptic_to_instances(load_panoptic(path))


def test_instances_refuse_categories_that_are_not_known(tmp_path: Path) -> None:
    path = build(tmp_path / "gt.json", (IDS, [segment("a", 3)]), gt=True)
    with pytest.raises(FormatError, match=r"category_id 3, which .* segment 1 \(image_id 1\)"):
        panoptic_to_instances(load_panoptic(path))
    path = build(tmp_path / "gt.json", (IDS, []), gt=True, categories=[{"id": 1, "name": "cat"}])
    with pytest.raises(FormatError, match="a category has no isthing"):
        panoptic_to_instances(load_panoptic(path))
