"""Which of Cityscapes' files belong together, and what is said of lists that cannot be used."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from segeval.data.cityscapes.frames import find_frames
from segeval.errors import FormatError, InputError, MismatchError
from tests.cityscapes_files import BUS, CAR, FRAME, ROAD, rectangle, write_frame, write_mask

SIZE = (20, 30)
LABELS = np.full(SIZE, ROAD)
MASK = rectangle(SIZE, 2, 3, 10, 12)
OTHER_FRAME = "ulm_000001_000019"


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    """Predictions and ground truth of one image with a car."""
    return write_frame(tmp_path, LABELS, [(MASK, CAR, 0.9)])


def rewrite(preds: Path, text: str) -> Path:
    """Give the list of the image other words."""
    path = preds / f"{FRAME}.txt"
    path.write_text(text)
    return path


def test_files_in_folders_of_cities_belong_together_by_frame(tmp_path: Path) -> None:
    preds, gt = write_frame(tmp_path, LABELS, [(MASK, CAR, 0.9), (MASK, BUS, 0.25)])
    (gt / "ulm").mkdir()
    picture = next(gt.glob("*.png"))
    moved = picture.rename(gt / "ulm" / picture.name)
    files, notes = find_frames(preds, gt)
    assert notes == ()
    (frame,) = files
    assert (frame.frame, frame.gt, frame.listing) == (FRAME, moved, preds / f"{FRAME}.txt")
    assert (frame.label.tolist(), frame.score.tolist()) == ([CAR, BUS], [0.9, 0.25])
    assert [mask.name for mask in frame.masks] == [f"{FRAME}_0.png", f"{FRAME}_1.png"]


def test_an_empty_list_is_an_image_without_predictions(folders: tuple[Path, Path]) -> None:
    rewrite(folders[0], "")
    assert find_frames(*folders)[0][0].masks == ()


def test_masks_are_named_relative_to_the_list(folders: tuple[Path, Path]) -> None:
    preds, gt = folders
    (preds / "lists").mkdir()
    (preds / f"{FRAME}.txt").unlink()
    (preds / "lists" / f"{FRAME}.txt").write_text(f"../{FRAME}_0.png 26 1")
    assert find_frames(preds, gt)[0][0].masks[0].name == f"{FRAME}_0.png"


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("a.png 26", "line 1: 'a.png 26' has 2 fields, expected three, separated by single blanks"),
        ("a b.png 26 1", "has 4 fields, expected three"),
        ("", "line 1: '' has 0 fields, expected three"),
        ("a.png 26 high", "line 1: confidence is 'high', expected a finite number."),
        ("a.png 26 nan", "confidence is 'nan', expected a finite number."),
        ("a.png 26 1e999", "confidence is '1e999', expected a finite number."),
        (
            "a.png 99 1",
            "line 1: label id is '99', expected one of Cityscapes', 24 person, 25 rider",
        ),
        ("a.png car 1", "label id is 'car', expected one of"),
        ("a.png nan 1", "label id is 'nan', expected one of"),
        ("a.png 26.5 1", "label id is '26.5', expected one of"),
        ("/a.png 26 1", "mask is '/a.png', expected a path relative to the list, within PREDS"),
        ("../a.png 26 1", "mask is '../a.png', expected a path relative to the list, within PREDS"),
    ],
)
def test_a_line_that_cannot_be_used_is_shown(
    folders: tuple[Path, Path], line: str, words: str
) -> None:
    path = rewrite(folders[0], line + "\n")
    with pytest.raises(FormatError) as caught:
        find_frames(*folders)
    assert str(path) in caught.value.message
    assert words in caught.value.message
    assert (caught.value.code, caught.value.index) == ("bad-line", 0)


def test_a_list_that_is_no_text_is_refused(folders: tuple[Path, Path]) -> None:
    (folders[0] / f"{FRAME}.txt").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(FormatError, match=r"ulm_000000_000019\.txt: not text\."):
        find_frames(*folders)


def test_masks_that_are_not_there_are_counted(folders: tuple[Path, Path]) -> None:
    rewrite(folders[0], "a.png 26 1\nb.png 26 1\n")
    with pytest.raises(FormatError) as caught:
        find_frames(*folders)
    message = caught.value.message
    assert f"{FRAME}.txt line 1: no such mask, " in message
    assert message.endswith("a.png. 1 more like it. Paths are relative to the list.")
    assert caught.value.count == 2


def test_a_mask_named_twice_is_refused_and_with_compat_the_later_line_counts(
    folders: tuple[Path, Path],
) -> None:
    name = f"{FRAME}_0.png"
    rewrite(folders[0], f"{name} 26 0.5\n./{name} 28 0.75\n")
    with pytest.raises(FormatError, match=r"line 2: \./ulm_.*png is also named in line 1, exp"):
        find_frames(*folders)
    (frame,), (note,) = find_frames(*folders, compat="official")
    assert (frame.label.tolist(), frame.score.tolist()) == ([BUS], [0.75])
    assert note.message == f"{folders[0]}: 1 mask named again, the later line counts"


def test_compat_cuts_labels_to_whole_numbers(folders: tuple[Path, Path]) -> None:
    rewrite(folders[0], f"{FRAME}_0.png 26.5 1")
    (frame,), (note,) = find_frames(*folders, compat="official")
    assert frame.label.tolist() == [CAR]
    assert note.message == f"{folders[0]}: 1 mask with a label id cut to a whole number"


def test_a_frame_without_a_list_is_a_mismatch(tmp_path: Path) -> None:
    write_frame(tmp_path, LABELS, [(MASK, CAR, 0.9)])
    preds, gt = write_frame(tmp_path, LABELS, frame=OTHER_FRAME)
    (preds / f"{OTHER_FRAME}.txt").unlink()
    with pytest.raises(MismatchError) as caught:
        find_frames(preds, gt)
    assert caught.value.message == (
        f"{preds}: no list for 1 frame of {gt}, first {OTHER_FRAME}. Expected {OTHER_FRAME}.txt; "
        "an image without predictions has an empty one."
    )


def test_a_list_without_ground_truth_is_a_mismatch_and_left_out_with_compat(
    folders: tuple[Path, Path],
) -> None:
    preds, gt = folders
    (preds / f"{OTHER_FRAME}_pred.txt").write_text("")
    words = f"{preds}: 1 list is of a frame that {gt} does not have, first {OTHER_FRAME}_pred.txt"
    with pytest.raises(MismatchError) as caught:
        find_frames(preds, gt)
    assert caught.value.message == f"{words}. Leave out lists of other splits."
    files, notes = find_frames(preds, gt, compat="official")
    assert len(files) == 1
    assert [note.message for note in notes] == [f"{words}; left out"]


def test_two_files_of_one_frame_are_refused(folders: tuple[Path, Path]) -> None:
    (folders[0] / f"{FRAME}_again.txt").write_text("")
    with pytest.raises(InputError, match="are of the same frame, expected one file"):
        find_frames(*folders)


@pytest.mark.parametrize(
    ("preds", "gt", "words"),
    [
        ("none", "gt", "no such folder. For Cityscapes PREDS is a folder of prediction lists"),
        ("preds", "none", "no such folder. For Cityscapes GT is a folder of *_instanceIds.png."),
        ("file.txt", "gt", "file.txt: is not a folder."),
        ("empty", "gt", f"Expected a text per image, such as {FRAME}.txt"),
        ("readme", "gt", "no prediction lists here or below, but notes.txt without a frame"),
        ("preds", "empty", "empty: no *_instanceIds.png here or below."),
        ("preds", "labels", f"but label ids such as {FRAME}_gtFine_labelIds.png, which do not"),
        ("gt", "preds", "gt holds *_instanceIds.png and "),
        ("preds", "unnamed", "a_instanceIds.png: the name does not begin with city_sequence_frame"),
    ],
)  # fmt: skip
def test_folders_that_cannot_be_used_are_named(
    folders: tuple[Path, Path], preds: str, gt: str, words: str
) -> None:
    top = folders[0].parent
    for name in ("empty", "readme", "labels", "unnamed"):
        (top / name).mkdir()
    (top / "file.txt").write_text("")
    (top / "readme" / "notes.txt").write_text("")
    write_mask(top / "labels" / f"{FRAME}_gtFine_labelIds.png", MASK)
    write_mask(top / "unnamed" / "a_instanceIds.png", MASK)
    with pytest.raises(InputError) as caught:
        find_frames(top / preds, top / gt)
    assert words in caught.value.message


def test_swapped_folders_come_with_the_right_command(folders: tuple[Path, Path]) -> None:
    preds, gt = folders
    with pytest.raises(InputError) as caught:
        find_frames(gt, preds)
    assert f"`cityscapes_ap('{preds}', '{gt}')`" in caught.value.message


def test_labels_of_classes_without_instances_are_left_out_and_counted(tmp_path: Path) -> None:
    preds, gt = write_frame(tmp_path, LABELS, [(MASK, CAR, 0.9), (MASK, ROAD, 0.8)])
    (frame,), (note,) = find_frames(preds, gt)
    assert frame.label.tolist() == [CAR]
    assert note.message == (
        f"{preds}: 1 prediction of classes without instances (label ids 7) left out"
    )


def test_train_ids_are_recognised(tmp_path: Path) -> None:
    preds, gt = write_frame(tmp_path, LABELS, [(MASK, 13, 0.9), (MASK, 11, 0.8)])
    with pytest.raises(MismatchError) as caught:
        find_frames(preds, gt)
    assert "label ids are 11, 13 in all lists" in caught.value.message
    assert "These look like train ids. Write 24 person, 25 rider" in caught.value.message
    assert find_frames(preds, gt, compat="official")[0][0].masks == ()


def test_texts_that_are_no_lists_are_counted(folders: tuple[Path, Path]) -> None:
    (folders[0] / "readme.txt").write_text("made by hand")
    _, (note,) = find_frames(*folders)
    assert note.message == (
        f"{folders[0]}: 1 text without a frame in the name left out, such as readme.txt"
    )
