"""Commands that need PyTorch, where there is none."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from segeval_cli import failures, needs
from segeval_cli.main import app

PREDICT = ("predict", "images", "--weights", "best.safetensors", "-o", "preds.json")
TRAIN = ("train", "--images", "images", "--annotations", "gt.json", "-o", "run")


@pytest.fixture
def no_torch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(needs, "find_spec", lambda name: None)


@pytest.mark.usefixtures("no_torch")
@pytest.mark.parametrize("argv", [("models", "flops"), PREDICT, TRAIN], ids=" ".join)
def test_a_command_says_how_to_install_what_it_needs(
    argv: tuple[str, ...],
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert failures.run(app, [*argv]) == failures.UNUSABLE_INPUT
    written = capsys.readouterr()
    assert "Models need torch and safetensors: pip install 'segeval-cv[models]'" in written.err
    assert written.out == ""
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("no_torch")
def test_settings_of_a_preset_need_no_torch(capsys: pytest.CaptureFixture[str]) -> None:
    assert failures.run(app, ["models", "show", "pointrend-r50"]) == failures.DONE
    assert 'name = "pointrend-r50"' in capsys.readouterr().out


def test_the_list_of_presets_needs_no_torch() -> None:
    code = "import sys; sys.modules['torch'] = None; sys.argv[1:] = ['models', '-q']; "
    code += "from segeval_cli.main import main; main()"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "  pointrend-r50 " in run.stdout


@pytest.mark.parametrize("name", ["build", "ops"])
def test_a_name_of_the_models_says_so_too(name: str) -> None:
    code = f"import sys; sys.modules['torch'] = None; from segeval.models import {name}"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "MissingDependency: Models need torch: pip install 'segeval-cv[models]'" in run.stderr


@pytest.mark.parametrize("module", ["segeval", "segeval.models", "segeval_cli.main"])
def test_nothing_imports_torch_before_it_is_needed(module: str) -> None:
    code = f"import sys, {module}; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
