"""LVIS's annotations with COCO's categories."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

import segeval
from segeval.data.coco.cocofy import Cocofied, cocofy
from segeval.errors import FormatError, InputError

Data = dict[str, Any]

SYNSETS = {
    "dog": {"coco_cat_id": 18, "synset": "dog.n.01", "meaning": "a friend"},
    "tie": {"coco_cat_id": 32, "synset": "necktie.n.01"},
    "kite": {"coco_cat_id": 38, "synset": "kite.n.03"},
    "bear": {"coco_cat_id": 23, "synset": "bear.n.01"},
    "hot dog": {"coco_cat_id": 58, "synset": "frank.n.02"},
}


def lvis() -> Data:
    """An acorn (not of COCO), a dog and a tie with annotations; a kite in a list, a bear nowhere.

    The categories stand in another order than their ids, to be told from positions.
    """
    names = {4: "kite.n.03", 1: "acorn.n.01", 3: "necktie.n.01", 2: "dog.n.01", 9: "bear.n.01"}
    return {
        "info": {"version": "0.5"},
        "images": [
            image(70, negative=[4, 1], not_exhaustive=[2]),
            image(50, negative=[1, 3], not_exhaustive=[]),
        ],
        "annotations": [
            annotation(11, image=70, category=1),
            annotation(12, image=70, category=3, area=81.5),
            annotation(17, image=50, category=2),
            annotation(13, image=70, category=2),
        ],
        "categories": [
            {"id": number, "name": synset[:3], "synset": synset, "frequency": "rcf"[number % 3]}
            for number, synset in names.items()
        ],
        "licenses": [],
    }


def image(number: int, *, negative: list[int], not_exhaustive: list[int]) -> Data:
    return {
        "id": number,
        "height": 10,
        "width": 20,
        "coco_url": f"http://images/{number}.jpg",
        "neg_category_ids": negative,
        "not_exhaustive_category_ids": not_exhaustive,
    }


def annotation(number: int, *, image: int, category: int, area: float = 4.0) -> Data:
    return {
        "id": number,
        "image_id": image,
        "category_id": category,
        "area": area,
        "bbox": [0, 0, 2.50, 2],
        "segmentation": [[0, 0, 2, 0, 2, 2, 0, 2]],
    }


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "lvis.json").write_text(json.dumps(lvis()))
    (tmp_path / "map.json").write_text(json.dumps(SYNSETS))
    return tmp_path


def converted(folder: Path) -> tuple[Cocofied, Data]:
    done = cocofy(folder / "lvis.json", folder / "map.json", folder / "out.json")
    return done, json.loads((folder / "out.json").read_text())


def changed(folder: Path, name: str, data: Any) -> None:
    (folder / name).write_text(json.dumps(data))


def refused(folder: Path) -> FormatError:
    with pytest.raises(FormatError) as caught:
        converted(folder)
    assert not (folder / "out.json").exists()
    return caught.value


def test_annotations_of_coco_categories_stay_in_order_and_are_numbered_from_one(
    folder: Path,
) -> None:
    _, data = converted(folder)
    kept = [(a["id"], a["image_id"], a["category_id"]) for a in data["annotations"]]
    assert kept == [(1, 70, 32), (2, 50, 18), (3, 70, 18)]


def test_lists_of_every_image_are_translated_on_their_own(folder: Path) -> None:
    _, data = converted(folder)
    negative = {i["id"]: i["neg_category_ids"] for i in data["images"]}
    assert negative == {70: [38], 50: [32]}
    not_exhaustive = {i["id"]: i["not_exhaustive_category_ids"] for i in data["images"]}
    assert not_exhaustive == {70: [18], 50: []}


def test_categories_that_occur_nowhere_are_left_out_and_frequency_stays(folder: Path) -> None:
    _, data = converted(folder)
    found = [(c["id"], c["synset"], c["frequency"]) for c in data["categories"]]
    assert found == [(38, "kite.n.03", "c"), (32, "necktie.n.01", "r"), (18, "dog.n.01", "f")]


def test_other_fields_stay_as_they_are(folder: Path) -> None:
    _, data = converted(folder)
    assert list(data) == ["info", "images", "annotations", "categories", "licenses"]
    assert data["info"] == {"version": "0.5"}
    assert data["images"][0]["coco_url"] == "http://images/70.jpg"
    own = lvis()["annotations"][1]
    assert data["annotations"][0] == {**own, "id": 1, "category_id": 32}


def test_what_is_missing_and_what_was_left_out_is_said(folder: Path) -> None:
    done, _ = converted(folder)
    assert (done.images, done.annotations, done.categories) == (2, 3, 3)
    assert (done.missing, done.unused) == (("hot dog",), ("bear",))
    name = folder / "lvis.json"
    assert [(note.code, note.message) for note in done.notes] == [
        (
            "other-categories",
            "1 of 4 annotations left out: of categories that COCO does not have",
        ),
        (
            "missing-categories",
            f"1 category of COCO is not in {name}, and cannot be evaluated: hot dog",
        ),
        (
            "unused-categories",
            "1 category of COCO is left out: no image is annotated or verified for it: bear",
        ),
    ]


def test_segeval_reads_the_result_as_lvis(folder: Path) -> None:
    converted(folder)
    gt = segeval.load_ground_truth(folder / "out.json")
    assert gt.is_lvis
    assert gt.category_id.tolist() == [32, 18, 18]


def test_compressed_files_are_read_and_written(folder: Path) -> None:
    packed = folder / "lvis.json.gz"
    packed.write_bytes(gzip.compress((folder / "lvis.json").read_bytes()))
    _, data = converted(folder)
    cocofy(packed, folder / "map.json", folder / "out.json.gz")
    assert json.loads(gzip.decompress((folder / "out.json.gz").read_bytes())) == data


def test_no_coco_category_leaves_empty_lists(folder: Path) -> None:
    changed(folder, "map.json", {"hot dog": SYNSETS["hot dog"]})
    done, data = converted(folder)
    assert (data["annotations"], data["categories"]) == ([], [])
    assert done.missing == ("hot dog",)


def test_a_coco_file_is_refused(folder: Path) -> None:
    data = lvis()
    for record in data["images"]:
        del record["neg_category_ids"]
    changed(folder, "lvis.json", data)
    assert refused(folder).message == (
        f"{folder / 'lvis.json'}: images have no neg_category_ids. Expected LVIS ground truth, "
        "such as lvis_v0.5_val.json."
    )


def test_half_an_lvis_file_is_refused_with_its_first_gap(folder: Path) -> None:
    data = lvis()
    del data["images"][1]["not_exhaustive_category_ids"]
    changed(folder, "lvis.json", data)
    assert "image #1 (id 50) has no not_exhaustive_category_ids" in refused(folder).message


def test_a_category_without_synset_is_named(folder: Path) -> None:
    data = lvis()
    del data["categories"][1]["synset"]
    changed(folder, "lvis.json", data)
    error = refused(folder)
    assert error.message == (
        f"{folder / 'lvis.json'}: category #1 (id 1) has no synset. LVIS's own files have one in "
        "every category."
    )
    assert (error.code, error.index) == ("no-synset", 1)


def test_two_categories_with_one_synset_are_refused(folder: Path) -> None:
    data = lvis()
    data["categories"][1]["synset"] = "dog.n.01"
    changed(folder, "lvis.json", data)
    assert "categories 1 and 2 both have the synset dog.n.01" in refused(folder).message


def test_an_annotation_of_an_unknown_category_is_refused(folder: Path) -> None:
    data = lvis()
    data["annotations"][2]["category_id"] = 99
    changed(folder, "lvis.json", data)
    assert refused(folder).message == (
        f"{folder / 'lvis.json'}: 1 annotation has category_id 99, which the file does not list "
        "(5 categories, 1..9), in annotation 17 (image_id 50)."
    )


def test_an_unknown_category_in_a_list_is_refused(folder: Path) -> None:
    data = lvis()
    data["images"][1]["neg_category_ids"].append(99)
    changed(folder, "lvis.json", data)
    assert refused(folder).message == (
        f"{folder / 'lvis.json'}: 1 entry of neg_category_ids has category_id 99, which the file "
        "does not list (5 categories, 1..9), in image 50."
    )


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ([{"synset": "dog.n.01", "coco_cat_id": 18}], "Expected `object`, got `array`"),
        ({"dog": 18}, "Expected `object`, got `int`"),
        ({"dog": {"coco_cat_id": 18}}, "missing required field `synset`"),
        ({"dog": {"synset": "dog.n.01"}}, "missing required field `coco_cat_id`"),
        ({"dog": {"synset": "dog.n.01", "coco_cat_id": -1}}, "Expected `int` >= 0"),
    ],
)
def test_a_map_of_another_form_is_refused(folder: Path, data: Any, words: str) -> None:
    changed(folder, "map.json", data)
    error = refused(folder)
    assert words in error.message
    assert error.message.startswith(f"{folder / 'map.json'}: ")
    assert "coco_to_synset.json" in error.message
    assert error.code == "not-a-map"


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ({"coco_cat_id": 18, "synset": "wolf.n.01"}, "both have the coco_cat_id 18"),
        ({"coco_cat_id": 81, "synset": "dog.n.01"}, "both have the synset 'dog.n.01'"),
    ],
)
def test_a_map_that_names_a_category_twice_is_refused(
    folder: Path, entry: Data, words: str
) -> None:
    changed(folder, "map.json", {**SYNSETS, "hound": entry})
    assert f"'dog' and 'hound' {words}" in refused(folder).message


def test_a_file_that_only_python_reads_cannot_be_rewritten(folder: Path) -> None:
    text = (folder / "lvis.json").read_text().replace('"0.5"', "NaN")
    (folder / "lvis.json").write_text(text)
    assert "Only strict JSON can be rewritten" in refused(folder).message


def test_files_that_are_not_there_are_named(folder: Path) -> None:
    with pytest.raises(InputError, match=r"none\.json: no such file"):
        cocofy(folder / "lvis.json", folder / "none.json", folder / "out.json")
    with pytest.raises(InputError, match="there is no folder"):
        cocofy(folder / "lvis.json", folder / "map.json", folder / "nowhere" / "out.json")
