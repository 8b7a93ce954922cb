"""Id maps as COCO's columns, and back."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from segeval import InputError, load_ground_truth, load_predictions
from segeval.data import save_ground_truth, save_predictions
from segeval.data.id_maps.read import read_id_map
from segeval.data.id_maps.to_coco import id_maps_to_coco
from segeval.data.id_maps.write import coco_to_id_maps
from segeval.masks import decode

IDS = np.array([[0, 9, 9, 0], [4, 0, 9, 0], [4, 0, 0, 9]], np.uint16)


@pytest.fixture
def gt(tmp_path: Path) -> Path:
    folder = tmp_path / "gt"
    (folder / "sub").mkdir(parents=True)
    Image.fromarray(IDS).save(folder / "b.png")
    np.save(folder / "sub" / "a.npy", np.zeros((2, 5), int))
    return folder


def test_every_object_is_an_annotation_of_one_category(gt: Path) -> None:
    found = id_maps_to_coco(gt).gt
    assert found.images.file_names == ("b.png", "sub/a.npy")
    assert found.images.sizes.tolist() == [[3, 4], [2, 5]]
    assert found.categories.names == ("object",)
    assert (found.image_id.tolist(), found.id.tolist()) == ([1, 1], [1, 2])
    assert found.area.tolist() == [2.0, 4.0]
    assert found.boxes.tolist() == [[0, 1, 1, 2], [1, 0, 3, 3]]
    masks = decode(found.masks)
    assert (masks[0] == (IDS == 4)).all()
    assert (masks[1] == (IDS == 9)).all()  # one object in two pieces


def test_written_files_read_back_and_give_the_same_maps(gt: Path, tmp_path: Path) -> None:
    (tmp_path / "scores.csv").write_text("image,id,score\nb,9,0.25\nb,4,0.75\n")
    found = id_maps_to_coco(gt, gt, scores=tmp_path / "scores.csv")
    assert found.preds is not None
    assert found.preds.score.tolist() == [0.75, 0.25]
    save_ground_truth(found.gt, tmp_path / "gt.json")
    save_predictions(found.preds, tmp_path / "preds.json")
    truth = load_ground_truth(tmp_path / "gt.json")
    written = coco_to_id_maps(truth, tmp_path / "maps")
    assert (written.images, written.objects, written.notes) == (2, 2, ())
    expected = np.where(IDS == 4, 1, np.where(IDS == 9, 2, 0))
    assert read_id_map(tmp_path / "maps" / "b.png").tolist() == expected.tolist()
    assert read_id_map(tmp_path / "maps" / "sub" / "a.png").tolist() == [[0] * 5] * 2
    again = id_maps_to_coco(tmp_path / "maps").gt
    assert again.segmentations.strings.strings() == truth.segmentations.strings.strings()
    preds = load_predictions(tmp_path / "preds.json")
    coco_to_id_maps(truth, tmp_path / "preds", preds=preds)
    text = (tmp_path / "preds" / "scores.csv").read_text()
    assert text == "image,id,score\nb.png,1,0.75\nb.png,2,0.25\n"


def test_predictions_without_scores_say_that_they_get_one(gt: Path) -> None:
    found = id_maps_to_coco(gt, gt).preds
    assert found is not None
    [note] = found.notes
    assert note.message == (
        f"{gt}: without scores all 2 predictions get the score 1; `scores` reads a CSV file"
    )
    with pytest.raises(InputError, match="`scores` goes with `preds`, which is not given"):
        id_maps_to_coco(gt, scores="scores.csv")
