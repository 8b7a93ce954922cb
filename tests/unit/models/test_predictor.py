"""From picture files to predictions: order, sizes, batches, views, memory and broken files."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image

from segeval.errors import InputError, Note
from segeval.masks import decode
from segeval.models.images import read_image
from segeval.models.photo_queue import Photo
from segeval.models.predictor import Predicted, PredictionOptions, device_of, predict
from segeval.models.views import most_likely, move_boxes
from tests.bright_models import SEEN, BrightObjects, BrightPixels

SIZES = ((48, 64), (64, 48), (40, 64), (48, 64), (200, 100), (48, 64), (64, 48))


def drawn(number: int, size: tuple[int, int]) -> NDArray[np.bool_]:
    """The letter L, whose box begins at row and column `number`."""
    letter = np.zeros(size, np.bool_)
    letter[number : size[0] // 2, number : size[1] // 2] = True
    letter[number : size[0] // 4, size[1] // 4 :] = False
    return letter


def photo(folder: Path, number: int, size: tuple[int, int]) -> Photo:
    """A black picture with a white letter."""
    pixels = np.zeros((*size, 3), np.uint8)
    pixels[drawn(number, size)] = 255
    path = folder / f"{number}.png"
    Image.fromarray(pixels).save(path)
    return Photo(path, 100 + number, path.name)


@pytest.fixture(autouse=True, scope="module")
def _one_thread() -> Iterator[None]:
    """Threads of tiny layers wait for each other for longer than they work."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture
def photos(tmp_path: Path) -> list[Photo]:
    return [photo(tmp_path, number, size) for number, size in enumerate(SIZES, start=1)]


def found_in(photos: list[Photo], model: Any = None, **options: Any) -> list[Predicted]:
    model = model or BrightObjects()
    options = {"device": "cpu", **options}
    chosen = PredictionOptions(**options)
    return list(predict(model, photos, SEEN, category_ids=[7], options=chosen))


def records(found: list[Predicted]) -> list[Any]:
    lists = []
    for each in found:
        preds: Any = each.found
        strings = preds.segments.strings.strings()
        lists.append((each.photo.id, preds.image_id.tolist(), preds.boxes.tolist(), strings))
    return lists


def mask_of(predicted: Predicted) -> Any:
    preds: Any = predicted.found
    return decode(preds.segments.strings.decode())[0]


def test_objects_are_in_the_pixels_of_the_file(photos: list[Photo]) -> None:
    found = found_in(photos)
    assert [each.photo.id for each in found] == [101, 102, 103, 104, 105, 106, 107]
    for number, (each, size) in enumerate(zip(found, SIZES, strict=True), start=1):
        preds: Any = each.found
        assert each.size == size
        assert preds.image_id.tolist() == [100 + number]
        assert preds.category_id.tolist() == [7]
        assert preds.score.tolist() == pytest.approx([0.9])
        x, y, w, h = preds.boxes[0].tolist()
        truth = (number, number, size[1] // 2 - number, size[0] // 2 - number)
        assert (x, y, w, h) == pytest.approx(truth, abs=2.1)  # a pixel of the resized image


def test_the_batch_changes_nothing_but_the_time(photos: list[Photo]) -> None:
    alone = records(found_in(photos, batch=1))
    assert records(found_in(photos, batch=2)) == alone
    assert records(found_in(photos, batch=100)) == alone


def test_images_of_one_padded_size_share_a_batch(photos: list[Photo]) -> None:
    model = BrightObjects()
    found_in(photos, model, batch=2)
    assert model.batches == [2, 2, 2, 1]  # 1 and 3, 2 and 5, 4 and 6, 7


def test_without_memory_the_batch_is_halved_and_stays_so(photos: list[Photo]) -> None:
    same = [photos[0]] * 10
    model, notes = BrightObjects(most=2), list[Note]()
    options = PredictionOptions(device="cpu", batch=5)
    found = list(
        predict(model, same, SEEN, category_ids=[7], options=options, on_note=notes.append)
    )
    assert len(found) == 10
    assert model.batches == [5, 2, 2, 1, 2, 2, 1]
    assert [note.code for note in notes] == ["batch-halved"]
    assert "batches have 2 from now on" in notes[0].message


def test_an_image_that_does_not_fit_alone_is_named(photos: list[Photo]) -> None:
    with pytest.raises(InputError, match=r"1\.png: not enough memory on the GPU for this image"):
        found_in(photos, BrightObjects(most=0), batch=4)


def test_other_errors_of_the_model_are_not_hidden(photos: list[Photo]) -> None:
    class Wrong(BrightObjects):
        def forward(self, images: Any, sizes: Any) -> Any:
            raise RuntimeError("shapes")

    with pytest.raises(RuntimeError, match="shapes"):
        found_in(photos, Wrong())


def test_a_broken_image_stops_the_work_and_is_named(photos: list[Photo]) -> None:
    photos[2].path.write_text("hello")
    with pytest.raises(InputError, match=r"3\.png: not a picture"):
        found_in(photos)


def test_a_broken_image_is_left_out_if_asked(photos: list[Photo]) -> None:
    photos[2].path.write_text("hello")
    photos[6].path.unlink()
    notes = list[Note]()
    options = PredictionOptions(device="cpu", skip_broken=True, batch=3)
    found = predict(
        BrightObjects(), photos, SEEN, category_ids=[7], options=options, on_note=notes.append
    )
    assert [each.photo.id for each in found] == [101, 102, 104, 105, 106]
    assert [note.code for note in notes] == ["broken-image"] * 2
    assert "3.png: not a picture" in notes[0].message
    assert "7.png: no such file" in notes[1].message


def test_an_image_without_objects_has_none(tmp_path: Path) -> None:
    Image.new("RGB", (30, 20)).save(tmp_path / "a.png")
    (found,) = found_in([Photo(tmp_path / "a.png", 1, "a.png")], flip=True)
    preds: Any = found.found
    assert len(preds) == 0
    assert found.size == (20, 30)


def test_only_a_few_images_are_read_ahead(photos: list[Photo], monkeypatch: Any) -> None:
    read = list[int]()

    def counted(path: Path, size: Any) -> Any:
        read.append(1)
        return read_image(path, size)

    monkeypatch.setattr("segeval.models.photo_queue.read_image", counted)
    many = photos[:1] * 200
    options = PredictionOptions(device="cpu", workers=1)
    found = predict(BrightObjects(), many, SEEN, category_ids=[7], options=options)
    next(found)
    assert len(read) <= 10
    found.close()  # type: ignore[attr-defined]
    assert len(read) <= 10


@pytest.mark.parametrize(
    "views", [{"flip": True}, {"scales": (96, 32)}, {"flip": True, "scales": (80,)}]
)
def test_more_views_of_a_model_that_sees_the_same_change_almost_nothing(
    photos: list[Photo], views: dict[str, Any]
) -> None:
    for plain, averaged in zip(found_in(photos), found_in(photos, **views), strict=True):
        one, other = mask_of(plain), mask_of(averaged)
        assert np.count_nonzero(one != other) <= 0.05 * np.count_nonzero(one) + 4
        a, b = plain.found, averaged.found
        assert a.boxes.tolist() == b.boxes.tolist()  # type: ignore[union-attr]
        assert a.score.tolist() == b.score.tolist()  # type: ignore[union-attr]


def test_probabilities_are_averaged_and_not_logits(tmp_path: Path) -> None:
    class Unsure(BrightObjects):
        """0.99 in the first view, 0.2 in all others."""

        calls = 0

        def masks(self, features: Any, found: Any) -> Any:
            self.calls += 1
            chance = torch.tensor(0.99 if self.calls == 1 else 0.2)
            return [torch.logit(chance).expand(1, 1, 28, 28) for _ in found]

    Image.new("RGB", (64, 64), (255, 255, 255)).save(tmp_path / "a.png")
    alone = [Photo(tmp_path / "a.png", 1, "a.png")]
    assert mask_of(found_in(alone, Unsure())[0])[2:-2, 2:-2].all()
    assert mask_of(found_in(alone, Unsure(), flip=True)[0])[2:-2, 2:-2].all()  # 0.595
    # the mean of 0.99, 0.2 and 0.2 is 0.463; that of their logits would be above 0
    assert not mask_of(found_in(alone, Unsure(), scales=(80, 96))[0]).any()


def test_boxes_move_there_and_back() -> None:
    boxes = torch.tensor([[1.0, 2.0, 5.0, 9.0]])
    there = move_boxes(boxes, (10, 20), (15, 40), mirrored=True)
    assert there.tolist() == [[30.0, 3.0, 38.0, 13.5]]
    assert move_boxes(there, (15, 40), (15, 40), mirrored=True).tolist() == [[2.0, 3.0, 10.0, 13.5]]


def labels(photos: list[Photo], ids: list[int], **options: Any) -> list[Any]:
    chosen = PredictionOptions(device="cpu", **options)
    return [
        each.found
        for each in predict(
            BrightPixels(), photos, SEEN, category_ids=ids, semantic=True, options=chosen
        )
    ]


def test_label_maps_have_the_size_of_the_file_and_its_ids(photos: list[Photo]) -> None:
    found = labels(photos, [11, 300])
    for number, (each, size) in enumerate(zip(found, SIZES, strict=True), start=1):
        assert each.dtype == np.uint16
        truth = np.where(drawn(number, size), 300, 11)
        assert np.count_nonzero(each != truth) <= 2 * sum(size)  # only at the edge
        assert set(np.unique(each)) == {11, 300}


def test_label_maps_of_few_classes_have_8_bits(photos: list[Photo]) -> None:
    assert {each.dtype for each in labels(photos, [0, 1])} == {np.dtype(np.uint8)}


def test_more_views_change_label_maps_at_edges_only(photos: list[Photo]) -> None:
    for plain, averaged in zip(
        labels(photos, [0, 1]), labels(photos, [0, 1], flip=True, scales=(96,)), strict=True
    ):
        assert np.count_nonzero(plain != averaged) <= sum(plain.shape)


def test_rows_that_are_interpolated_alone_are_those_of_the_whole(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from segeval.models import views

    generator = torch.Generator().manual_seed(0)
    logits = torch.randn(4, 9, 13, generator=generator)
    whole = torch.nn.functional.interpolate(
        logits[None], size=(31, 20), mode="bilinear", align_corners=False
    )[0]
    monkeypatch.setattr(views, "NUMBERS", 4 * 20 * 3)
    assert torch.equal(most_likely([logits], (31, 20)), whole.argmax(0))
    rows = torch.cat([views._rows(logits, at, at + 1, (31, 20)) for at in range(31)], dim=1)
    assert torch.allclose(rows, whole, atol=1e-5)


def test_bfloat16_finds_the_same_boxes(photos: list[Photo]) -> None:
    plain, half = records(found_in(photos)), records(found_in(photos, amp=True))
    assert [each[:2] for each in plain] == [each[:2] for each in half]


def test_devices_that_are_not_there_are_named() -> None:
    with pytest.raises(InputError, match="--device gpu: expected auto, cpu or cuda"):
        device_of("gpu")
    if not torch.cuda.is_available():
        assert device_of("auto").type == "cpu"
        with pytest.raises(InputError, match="PyTorch sees no GPU"):
            device_of("cuda")
