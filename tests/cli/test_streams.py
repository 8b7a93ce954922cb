"""Standard output and standard error that are closed, full, or lack characters."""

from __future__ import annotations

import io
import json
import math
import os
import struct
import subprocess
import sys
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from segeval.errors import InputError
from segeval_cli import failures, streams
from segeval_cli.streams import emit

SQUARE = [[0, 0, 4, 0, 4, 4, 0, 4]]
GT = {
    "images": [{"id": 1, "width": 8, "height": 8}],
    "categories": [{"id": 1, "name": "lamp"}],
    "annotations": [
        {"id": 1, "image_id": 1, "category_id": 1, "bbox": [0, 0, 4, 4], "segmentation": SQUARE}
    ],
}
PREDS = [{"image_id": 1, "category_id": 1, "bbox": [0, 0, 4, 4], "score": 0.5}]
FULL = Path("/dev/full")

needs_dev_full = pytest.mark.skipif(not FULL.exists(), reason="needs /dev/full")
needs_shell = pytest.mark.skipif(os.name != "posix", reason="needs a shell of Unix")


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a ground truth and predictions."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "gt.json").write_text(json.dumps(GT))
    (tmp_path / "p.json").write_text(json.dumps(PREDS))
    return tmp_path


def shell(words: str, **env: str) -> subprocess.CompletedProcess[str]:
    """Run the command in a shell, which redirects."""
    return subprocess.run(
        f"{sys.executable} -m segeval_cli {words}",
        shell=True,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **env},
    )


@needs_shell
@pytest.mark.parametrize("words", ["ap p.json gt.json --iou bbox", "--version", "ap --help"])
def test_a_closed_output_loses_the_result_and_ends_with_2(here: Path, words: str) -> None:
    done = shell(f"{words} >&-")
    assert done.returncode == failures.UNUSABLE_INPUT
    assert "\nerror: standard output: closed." in f"\n{done.stderr}"
    assert "Traceback" not in done.stderr


@needs_shell
@pytest.mark.parametrize("more", [">&-", ">&- --json", ">&- 2>&- <&-"])
def test_a_file_is_written_where_standard_output_is_closed(here: Path, more: str) -> None:
    done = shell(f"ap p.json gt.json --iou bbox -o out.json {more}")
    assert done.returncode == failures.DONE
    assert json.loads((here / "out.json").read_text())["schema"].startswith("segeval/ap/")


@needs_shell
def test_a_report_of_check_is_written_where_standard_output_is_closed(here: Path) -> None:
    assert shell("check p.json gt.json -o out.json >&-").returncode == failures.DONE
    assert json.loads((here / "out.json").read_text())["schema"].startswith("segeval/check/")


@needs_dev_full
@pytest.mark.parametrize("more", ["", "--json", "-o out.json", "-o out.json --json"])
def test_a_full_output_ends_with_2_and_one_line(here: Path, more: str) -> None:
    done = shell(f"ap p.json gt.json --iou bbox -q {more} > /dev/full")
    assert done.returncode == failures.UNUSABLE_INPUT
    assert done.stderr.endswith(
        "error: standard output: No space left on device. What should have been printed is lost.\n"
    )
    assert (here / "out.json").exists() == ("-o" in more)


@needs_dev_full
def test_an_error_is_told_although_its_json_finds_no_room(here: Path) -> None:
    done = shell("ap nowhere.json gt.json --json > /dev/full")
    assert done.returncode == failures.UNUSABLE_INPUT
    assert done.stderr == "error: nowhere.json: no such file.\n"


@needs_dev_full
def test_help_that_finds_no_room_ends_with_2(here: Path) -> None:
    done = shell("ap --help > /dev/full")
    assert done.returncode == failures.UNUSABLE_INPUT
    assert done.stderr == "error: No space left on device.\n"


@needs_shell
@pytest.mark.parametrize("where", ["2>&-", pytest.param("2>/dev/full", marks=needs_dev_full)])
@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("ap p.json gt.json --iou bbox", failures.DONE),
        ("ap p.json gt.json", failures.UNUSABLE_INPUT),  # masks are missing
        ("check p.json gt.json -o x.json", failures.DONE),
    ],
)
def test_codes_do_not_depend_on_standard_error(
    here: Path, where: str, words: str, code: int
) -> None:
    assert shell(f"{words} {where}").returncode == code


@needs_shell
def test_what_is_meant_for_a_closed_output_never_ends_in_a_file(here: Path) -> None:
    code = "from segeval_cli import streams; streams.prepare(); file = open('x.txt', 'w'); "
    code += "print(file.fileno() > 2, file=file)"
    subprocess.run(f"{sys.executable} -c {code!r} <&- >&- 2>&-", shell=True, check=True)
    assert (here / "x.txt").read_text() == "True\n"


@needs_shell
def test_a_name_that_is_not_utf_8_stays_the_same_name_in_json(here: Path) -> None:
    try:
        Path("p.json").rename("\udcff.json")
    except OSError:
        pytest.skip("this file system has no such names")
    done = shell("ap \udcff.json gt.json --iou bbox --json")
    assert done.returncode == failures.DONE
    assert json.loads(done.stdout)["inputs"]["preds"]["path"] == "\udcff.json"


def test_half_characters_in_a_file_are_written_as_escapes(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from segeval_cli.main import app

    Path("sur.json").write_text('[{"image_id":"\\ud800","category_id":1,"score":1}]')
    argv = ["ap", "sur.json", "gt.json", "--json"]
    assert failures.run(app, argv) == failures.UNUSABLE_INPUT
    told = json.loads(capsys.readouterr().out)["error"]
    assert told["path"] == "sur.json"
    assert "\\ud800" in told["message"]


def test_json_keeps_half_characters_and_has_no_number_that_is_not_finite(
    capsys: pytest.CaptureFixture[str],
) -> None:
    from segeval_cli.output import emit_json

    emit_json({"name": "\ud800", "ap": math.nan, "rows": (1, math.inf)}, is_kept=False)
    text = capsys.readouterr().out
    assert text.isascii()
    assert json.loads(text) == {"name": "\ud800", "ap": None, "rows": [1, None]}


def ascii_output(monkeypatch: pytest.MonkeyPatch) -> io.BytesIO:
    """A standard output that has ASCII only."""
    bytes_out = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(bytes_out, encoding="ascii"))
    return bytes_out


def test_a_terminal_without_the_characters_of_a_drawing_shows_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bytes_out = ascii_output(monkeypatch)
    emit("a \u2588\u2502 b\u00b2 caf\u00e9")
    assert bytes_out.getvalue() == b"a #| b^2 caf\\xe9\n"


def test_json_keeps_its_names_on_a_terminal_of_ascii(monkeypatch: pytest.MonkeyPatch) -> None:
    from segeval_cli.output import emit_json

    bytes_out = ascii_output(monkeypatch)
    emit_json({"name": "caf\u00e9 \u202e \x9b"}, is_kept=False)
    assert json.loads(bytes_out.getvalue()) == {"name": "caf\u00e9 \u202e \x9b"}


@needs_shell
@pytest.mark.parametrize("command", ["plot size-hist gt.json", "--help"])
def test_the_c_locale_gets_ascii_alone(here: Path, command: str) -> None:
    done = shell(command, LC_ALL="C")
    assert done.stdout
    assert done.stdout.isascii()


@needs_shell
def test_other_locales_get_drawings(here: Path) -> None:
    assert not shell("plot size-hist gt.json", LC_ALL="C.UTF-8").stdout.isascii()


def test_lost_output_is_an_error_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", streams._Closed())
    emit("in a file too", is_kept=True)
    with pytest.raises(InputError, match="standard output: closed") as caught:
        emit("nowhere else")
    assert caught.value.code == "stdout"


@needs_shell
def test_what_pillow_says_of_an_odd_picture_is_not_printed(tmp_path: Path) -> None:
    animation = b"acTL" + struct.pack(">II", 4_000_000_000, 0)  # which has no frames
    png = io.BytesIO()
    Image.fromarray(np.zeros((8, 8), np.uint8)).save(png, "PNG")
    data = png.getvalue()
    chunk = struct.pack(">I", 8) + animation + struct.pack(">I", zlib.crc32(animation))
    (tmp_path / "a.png").write_bytes(data[:33] + chunk + data[33:])
    words = f"miou {tmp_path}/a.png {tmp_path}/a.png --classes 2 --quiet"
    done = shell(words, PYTHONWARNINGS="error")
    assert (done.returncode, done.stderr) == (0, "")


@needs_shell
def test_an_unknown_backend_of_matplotlib_does_not_matter(here: Path) -> None:
    done = shell("plot size-hist gt.json -o a.svg", MPLBACKEND="none-such")
    assert (done.returncode, done.stderr) == (0, "wrote a.svg\n")
