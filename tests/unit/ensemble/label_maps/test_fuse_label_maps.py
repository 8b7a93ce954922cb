"""Folders of label maps become one: files, weights, gains on other images, notes and refusals."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from segeval import fuse_label_maps, mean_iou
from segeval.ensemble import vote_labels
from segeval.errors import FormatError, InputError, MismatchError, SegevalError

Map = NDArray[np.uint8]

IMAGES = 12


def truth(seed: int) -> Map:
    """Blocks of 4 classes, and void (255) at the left."""
    rng = np.random.default_rng(seed)
    labels = np.kron(rng.integers(0, 4, (3, 4)), np.ones((8, 8))).astype(np.uint8)
    labels[:, :2] = 255
    return labels


def predicted(gt: Map, seed: int, share: float) -> Map:
    """A share of the blocks of 4 x 4 pixels is of another class, void none."""
    rng = np.random.default_rng(seed)
    wrong = np.kron(rng.random((6, 8)) < share, np.ones((4, 4))).astype(bool)
    labels = np.where(gt == 255, 0, gt)
    return np.where(wrong, (labels + rng.integers(1, 4)) % 4, labels).astype(np.uint8)


def write(folder: Path, maps: dict[str, Map]) -> Path:
    """Label maps as PNG files."""
    for name, labels in maps.items():
        path = folder / f"{name}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(labels).save(path)
    return folder


@pytest.fixture
def scene(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, dict[str, Map]]:
    """Three models, a, b and c, each worse than the one before, and gt."""
    gts = {f"town/{place:02}": truth(place) for place in range(IMAGES)}
    found = {"gt": gts}
    for turn, (name, share) in enumerate({"a": 0.2, "b": 0.25, "c": 0.4}.items()):
        found[name] = {
            key: predicted(gt, 100 * turn + place, share)
            for place, (key, gt) in enumerate(gts.items())
        }
    for name, maps in found.items():
        write(tmp_path / name, maps)
    monkeypatch.chdir(tmp_path)
    return found


def read(path: str) -> NDArray[Any]:
    return np.asarray(Image.open(path))


def contents(folder: str) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(Path(folder).rglob("*.png"))
    }


def test_every_pixel_goes_by_the_vote(scene: dict[str, dict[str, Map]]) -> None:
    result = fuse_label_maps(["a", "b", "c"], "out", weights=[1, 0.9, 0.8])
    assert len(contents("out")) == IMAGES
    for key in scene["a"]:
        votes = vote_labels([scene[name][key] for name in "abc"], [1, 0.9, 0.8])
        assert np.array_equal(read(f"out/{key}.png"), votes)
    lost = [
        sum(int((scene[name][key] != read(f"out/{key}.png")).sum()) for key in scene["a"])
        for name in "abc"
    ]
    assert [each.overruled for each in result.scores.models] == lost
    assert [each.votes for each in result.scores.models] == [IMAGES * 24 * 32] * 3


def test_the_bytes_are_the_same_for_any_order_and_number_of_threads(
    scene: dict[str, dict[str, Map]],
) -> None:
    fuse_label_maps(["a", "b", "c"], "one", weights=[0.3, 0.2, 0.1], workers=1)
    fuse_label_maps(["c", "a", "b"], "two", weights=[0.1, 0.3, 0.2], workers=4)
    fuse_label_maps(["a", "b", "c"], "three", strategy="s003", fit="gt", classes=4, ignore=255)
    fuse_label_maps(["c", "b", "a"], "four", strategy="s003", fit="gt", classes=4, ignore=255)
    assert contents("one") == contents("two")
    assert contents("three") == contents("four")


def test_the_gain_is_that_of_what_other_folds_choose(scene: dict[str, dict[str, Map]]) -> None:
    result = fuse_label_maps(["a", "b", "c"], "out", fit="gt", classes=4, ignore=255)
    gain = result.scores.gain
    assert gain is not None
    assert (gain.how, gain.best, gain.over_vote) == ("5 folds of gt", "a", None)
    alone = mean_iou("a", "gt", classes=4, ignore=255).miou
    fused = mean_iou("out", "gt", classes=4, ignore=255).miou
    assert (gain.over_best.a, gain.over_best.b) == (alone, fused)  # nothing is fitted to votes
    assert gain.over_best.verdict == "better"
    assert gain.optimism == 0
    assert [each.worth for each in result.scores.models] == [
        mean_iou(name, "gt", classes=4, ignore=255).miou for name in "abc"
    ]


def test_weights_follow_from_mean_iou(scene: dict[str, dict[str, Map]]) -> None:
    result = fuse_label_maps(
        ["a", "b", "c"], strategy="interp", fit="gt", classes=4, ignore=255, theta_min=0.5
    )
    a, b, c = result.scores.models
    assert (a.weight, c.weight) == (1, 0.5)
    assert 0.5 < b.weight < 1
    assert result.output is None
    assert result.scores.gain is not None
    assert result.scores.gain.over_vote is not None
    by_hand = fuse_label_maps(["a", "b", "c"], scores=[7, 5, 6], weigh="rank")
    assert [each.weight for each in by_hand.scores.models] == [1, 0.5, 0.75]
    assert by_hand.scores.worth_from == "stated by hand"


def test_votes_for_a_class_count_by_the_iou_on_it(scene: dict[str, dict[str, Map]]) -> None:
    result = fuse_label_maps(["a", "b"], strategy="s003", fit="gt", classes=4, ignore=255)
    iou = np.array(
        [
            [each.iou for each in mean_iou(name, "gt", classes=4, ignore=255).scores.categories]
            for name in "ab"
        ]
    )
    found = [[*(each.by_class or {}).values()] for each in result.scores.models]
    assert np.array_equal(found, iou / iou.max(axis=0))


def test_the_gain_is_measured_on_ground_truth_of_other_images(
    scene: dict[str, dict[str, Map]],
) -> None:
    keys = list(scene["gt"])
    extra = {f"{key}x": truth(50 + place) for place, key in enumerate(keys)}
    write(Path("gt2"), extra)
    for turn, name in enumerate("abc"):
        maps = {key: predicted(gt, 900 + turn, 0.3) for key, gt in extra.items()}
        write(Path(name), maps)
    arguments: dict[str, Any] = {"strategy": "interp", "classes": 4, "ignore": 255}
    result = fuse_label_maps(["a", "b", "c"], "out", fit="gt", gt="gt2", **arguments)
    gain = result.scores.gain
    assert gain is not None
    assert gain.how == "gt2, which chose nothing"
    assert len(contents("out")) == 2 * IMAGES
    assert gain.over_best.b == mean_iou(
        [Path("out", f"{key}.png") for key in extra],
        [Path("gt2", f"{key}.png") for key in extra], classes=4, ignore=255,
    ).miou  # fmt: skip
    assert gain.seen is not None
    assert gain.optimism == gain.seen - (gain.over_best.difference or 0)


def test_images_without_ground_truth_get_what_the_others_decide(
    scene: dict[str, dict[str, Map]],
) -> None:
    for name in "abc":
        write(Path(name), {"test/1": scene["a"]["town/01"], "test/2": scene["b"]["town/02"]})
    result = fuse_label_maps(
        ["a", "b", "c"], "out", strategy="s003", fit="gt", classes=4, ignore=255
    )
    assert "out/test/1.png" in [f"out/{name}" for name in contents("out")]
    assert result.scores.gain is not None
    assert [each.message for each in result.notes if each.code == "no-ground-truth"] == [
        "2 of 14 images have no label map in gt: such images get what the others decide"
    ]


def test_ground_truth_of_an_image_that_models_lack_is_refused(
    scene: dict[str, dict[str, Map]],
) -> None:
    write(Path("gt"), {"town/99": truth(1)})
    with pytest.raises(MismatchError, match=r"a: has no prediction for gt/town/99\.png, expected"):
        fuse_label_maps(["a", "b"], fit="gt", classes=4, ignore=255)


def test_images_that_were_fitted_to_are_no_test(scene: dict[str, dict[str, Map]]) -> None:
    write(Path("gt2"), {"town/00": scene["gt"]["town/00"]})
    arguments: dict[str, Any] = {"fit": "gt", "gt": "gt2", "classes": 4, "ignore": 255}
    with pytest.raises(InputError) as caught:
        fuse_label_maps(["a", "b"], **arguments)
    assert str(caught.value) == (
        "gt2: 1 image of 1 is in gt as well, such as town/00. What is fitted to them looks "
        "better on them than it is. Leave out `gt`, and the gain is measured in folds; take other "
        "images, or accept it: `allow_fit_on_test=True`."
    )
    result = fuse_label_maps(["a", "b"], allow_fit_on_test=True, **arguments)
    assert [each.code for each in result.notes] == ["ties", "few-images"]


def test_an_image_of_another_name_with_the_same_label_map_is_the_same(
    scene: dict[str, dict[str, Map]],
) -> None:
    for name in ("a", "b", "gt2"):
        write(Path(name), {"town/other": scene["gt"]["town/03"]})
    with pytest.raises(InputError, match="gt2: 1 image of 1 is in gt as well, such as town/other"):
        fuse_label_maps(["a", "b"], fit="gt", gt="gt2", classes=4, ignore=255)


def test_weights_stated_by_hand_are_judged_with_a_note(scene: dict[str, dict[str, Map]]) -> None:
    result = fuse_label_maps(["a", "b", "c"], weights=[3, 2, 2], gt="gt", classes=4, ignore=255)
    assert result.scores.gain is not None
    assert [each.code for each in result.notes][-1] == "stated-by-hand"
    assert result.scores.models[0].worth is None


def test_a_vote_that_does_not_help_says_so(scene: dict[str, dict[str, Map]]) -> None:
    for name in "bc":  # wrong where the other is
        write(Path(name), {key: (each + 1) % 4 for key, each in scene["a"].items()})
    result = fuse_label_maps(["a", "b", "c"], "out", fit="gt", classes=4, ignore=255)
    message = next(each.message for each in result.notes if each.code == "no-gain")
    assert message.startswith("this does not help: -")
    assert message.endswith(" against a alone. Keep a")
    reason = next(each.message for each in result.notes if each.code == "why-no-gain")
    wrong = right = mended = spoilt = 0
    for key, gt in scene["gt"].items():
        own, other, fused = scene["a"][key], (scene["a"][key] + 1) % 4, read(f"out/{key}.png")
        wrong += int(((own != gt) & (gt < 4)).sum())
        right += int(((own != gt) & (other == gt)).sum())
        mended += int(((own != gt) & (fused == gt)).sum())
        spoilt += int(((own == gt) & (fused != gt)).sum())
    assert reason == (
        f"models that are right are outvoted: votes mend {mended} pixels of a and spoil "
        f"{spoilt:,}, although another model is right on {100 * right / wrong:.1f} % of those on "
        "which a errs"
    )


def test_models_that_add_nothing_are_the_reason_why_a_vote_does_not_help(
    scene: dict[str, dict[str, Map]],
) -> None:
    worse = {}
    for key, labels in scene["a"].items():  # right where a is, but for one row
        worse[key] = labels.copy()
        worse[key][3] = (labels[3] + 1) % 4
    for name in "bc":
        write(Path(name), worse)
    notes = fuse_label_maps(["a", "b", "c"], fit="gt", classes=4, ignore=255).notes
    reason = next(each.message for each in notes if each.code == "why-no-gain")
    assert reason.startswith("the other models have little to add: where a errs, another one is")


def test_files_are_paired_by_name_whatever_their_format(scene: dict[str, dict[str, Map]]) -> None:
    for key, labels in scene["b"].items():
        path = Path("npy", f"{key.removeprefix('town/')}.npy")
        path.parent.mkdir(exist_ok=True)
        np.save(path, labels.astype(np.int64))
    fuse_label_maps(["a", "npy", "c"], "out")
    fuse_label_maps(["a", "b", "c"], "out2")
    by_stem = {name.removeprefix("town/"): each for name, each in contents("out2").items()}
    assert contents("out") == by_stem


def test_void_is_no_vote(scene: dict[str, dict[str, Map]]) -> None:
    result = fuse_label_maps(["gt", "a"], "out", ignore=255)
    assert all((read(f"out/{key}.png") != 255).all() for key in scene["a"])
    assert [each.votes for each in result.scores.models] == [
        IMAGES * 24 * 30, IMAGES * 24 * 32,
    ]  # fmt: skip
    again = fuse_label_maps(["gt", "a"])
    assert "label-255" in [each.code for each in again.notes]


@pytest.mark.parametrize(
    ("weights", "code", "message"),
    [
        ([1, 0.5, 0.4], "one-decides", "a counts more than all others together, so that every"),
        ([1, 0.5, 0.5], None, ""),
    ],
)
def test_a_model_that_decides_alone_is_told(
    scene: dict[str, dict[str, Map]], weights: list[float], code: str | None, message: str
) -> None:
    notes = fuse_label_maps(["a", "b", "c"], weights=weights).notes
    assert [each.code for each in notes] == ([] if code is None else [code])
    assert all(each.message.startswith(message) for each in notes)


def test_a_model_whose_labels_look_wrong_is_told(scene: dict[str, dict[str, Map]]) -> None:
    write(Path("c"), {key: np.full_like(labels, 2) for key, labels in scene["c"].items()})
    notes = fuse_label_maps(["a", "b", "c"], fit="gt", classes=4, ignore=255).notes
    found = {each.code: each.message for each in notes}
    assert found["constant-labels"].startswith("c: ")


def test_models_that_always_agree_are_told(scene: dict[str, dict[str, Map]]) -> None:
    write(Path("same"), scene["a"])
    notes = fuse_label_maps(["a", "same"]).notes
    assert [each.message for each in notes] == [
        "the models agree on every pixel: did each write label maps of its own?"
    ]


def lacks_an_image() -> None:
    Path("b/town/03.png").unlink()
    Path("b/town/04.png").unlink()


def has_another_size() -> None:
    write(Path("b"), {"town/03": np.zeros((24, 30), np.uint8)})


def has_colours() -> None:
    Image.new("RGB", (32, 24)).save("b/town/03.png")


def has_16_bits() -> None:
    Image.fromarray(np.zeros((24, 32), np.uint16)).save("b/town/03.png")


def has_an_unknown_label() -> None:
    write(Path("b"), {"town/03": np.full((24, 32), 7, np.uint8)})


@pytest.mark.parametrize(
    ("spoil", "error", "message"),
    [
        (
            lacks_an_image,
            MismatchError,
            (
                "b: has no label map for a/town/03.png, expected the same images of every model. 1 "
                "more like it. Files are paired by their names. Only in a: "
                "town/03.png, town/04.png."
            ),
        ),
        (
            has_another_size,
            MismatchError,
            (
                "b/town/03.png: has 24 x 30 pixels, a/town/03.png of the same image 24 x 32. Label "
                "maps of one image must have one size."
            ),
        ),
        (
            has_colours,
            FormatError,
            "b/town/03.png: has colours (RGB), expected one number per pixel",
        ),
        (
            has_16_bits,
            MismatchError,
            "b/town/03.png: has 16 bits per pixel, a/town/03.png of the same image 8.",
        ),
        (
            has_an_unknown_label,
            FormatError,
            (
                "b/town/03.png: pixel at row 0, column 0 has the label 7, expected 0..3 and 255 "
                "ignored (classes: 4). 767 more like it. Does `classes` fit? If every other id "
                "means that a pixel is not labelled: `ignore='others'`."
            ),
        ),
    ],
)
def test_models_that_do_not_fit_are_refused_and_nothing_is_written(
    scene: dict[str, dict[str, Map]],
    spoil: Callable[[], None],
    error: type[SegevalError],
    message: str,
) -> None:
    spoil()
    with pytest.raises(error) as caught:
        fuse_label_maps(["a", "b"], "out", classes=4, ignore=255)
    assert str(caught.value).startswith(message)
    assert sorted(path.name for path in Path().iterdir()) == ["a", "b", "c", "gt"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"models": ["a"]}, "`models` is one model, expected the predictions of two or more"),
        ({"models": ["a", "./a"]}, "a: is given twice, expected each model once."),
        ({"models": ["a", "none"]}, "none: no such folder."),
        ({"models": ["a", "b/town/00.png"]}, "b/town/00.png: is a file, expected a folder of"),
        ({"models": [np.zeros((2, 2)), np.ones((2, 2))]}, "`vote_labels` takes arrays"),
        ({"output": "a"}, "a: is an input as well. Name another folder"),
        ({"output": "a/out"}, "a/out: lies in a, which is an input."),
        ({"output": "."}, ".: holds a, which is an input."),
        ({"output": "full"}, "full: is not empty, expected a new folder or an empty one."),
        (
            {"output": "full", "overwrite": True},
            "full: has old.png, which is of none of the fused images and would stay beside them.",
        ),
        ({"output": "no/out"}, "no/out: there is no folder no."),
        (
            {"output": "out.json"},
            "out.json: is the name of a file, and label maps go into a folder",
        ),
        ({"fit": "b", "classes": 4}, "b: is ground truth and a model, expected a folder of its"),
        ({"fit": "gt"}, "`fit` judges label maps by class, expected `classes` as well"),
        ({"strategy": "wbf"}, "`strategy` is 'wbf', expected one of vote, interp, reweight, s003"),
        ({"weigh": "tuned"}, "`weigh` is 'tuned', expected one of none, interp, rank, classwise"),
        ({"strategy": "interp"}, "interp weighs models by their mean IoU, and nothing says what"),
        (
            {"strategy": "s003", "scores": [1, 2]},
            "s003 weighs models by their IoU on each class, which only ground truth tells",
        ),
        ({"scores": [1, 2]}, "`scores` have no part in a vote in which all models count the same."),
        (
            {"strategy": "interp", "weights": [1, 2]},
            "`weights` say how much models count, and weights by mean IoU follow from what these",
        ),
        ({"fit": "gt", "classes": 4, "weights": [1, 2]}, "`weights` say how much models count"),
        ({"weights": [1, 2, 3]}, "`weights` is [1.0, 2.0, 3.0], expected 2 numbers of 0 or more"),
        ({"sigma": 1}, "`sigma` is no setting of a vote of label maps; equal votes have none"),
        ({"gt": "gt/town/00.png", "classes": 4}, "gt/town/00.png: is a file, expected a folder"),
        ({"gt": "void", "classes": 4, "ignore": 255}, "void: no pixel is of a class"),
        ({"ignore": "others"}, "`ignore='others'` stands for every label that is not a class"),
        ({"workers": 0}, "`workers` is 0, expected 1 or more"),
    ],
)
def test_what_makes_no_sense_is_refused(
    scene: dict[str, dict[str, Map]], arguments: dict[str, Any], message: str
) -> None:
    write(Path("full"), {"old": np.zeros((2, 2), np.uint8)})
    write(Path("void"), {key: np.full((24, 32), 255, np.uint8) for key in scene["a"]})
    with pytest.raises(InputError) as caught:
        fuse_label_maps(**{"models": ["a", "b"], **arguments})
    assert message in str(caught.value)


def test_earlier_label_maps_of_the_same_images_can_be_replaced(
    scene: dict[str, dict[str, Map]],
) -> None:
    fuse_label_maps(["a", "b"], "out", weights=[1, 0.5])
    before = contents("out")
    fuse_label_maps(["a", "b"], "out", weights=[0.5, 1], overwrite=True)
    assert contents("out").keys() == before.keys()
    assert contents("out") != before


def test_results_are_shown_in_a_line_and_a_table(scene: dict[str, dict[str, Map]]) -> None:
    result = fuse_label_maps(["a", "b", "c"], fit="gt", classes=4, ignore=255)
    assert repr(result) == "LabelMapEnsemble(vote of 3 models in 12 images)"
    assert result.headline == ("Label maps by vote", "a + b + c", "4 classes")
    assert [field.title for field in result.tables["model"].fields] == [
        "model", "mIoU", "weight", "overruled",
    ]  # fmt: skip
    assert result.summary.endswith("of 9,216 pixels; gains are of 5 folds of gt")
    assert result.to_dict()["schema"] == "segeval/label-map-ensemble/1"
