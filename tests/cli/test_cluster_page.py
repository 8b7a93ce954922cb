"""The commands of the page on clusters run as they are written, but for the port and the folder."""

from __future__ import annotations

import json
import socket
import subprocess
from pathlib import Path

import pytest

from segeval.data.synthetic import furniture
from tests.prepared import environment
from tests.test_docs import ROOT, blocks
from tests.unit.metrics.semantic.test_label_map_parts import rooms

PAGE = ROOT / "docs" / "pages" / "how-to" / "pieces.md"


def write_data(folder: Path) -> None:
    """The files that the page names: predictions of instances in two files, and label maps."""
    files = furniture(images=8)
    (folder / "preds").mkdir()
    for place in range(2):
        own = [each for each in files.better if each["image_id"] % 2 == place]
        lines = "".join(json.dumps(each) + "\n" for each in own)
        (folder / "preds" / f"{place}.jsonl").write_text(lines)
    (folder / "gt.json").write_text(json.dumps(files.ground_truth))
    (folder / "maps").mkdir()
    rooms(folder / "maps", 6)
    (folder / "maps" / "preds").rename(folder / "found")
    (folder / "maps" / "gt").rename(folder / "true")


def test_a_cluster_that_is_started_as_the_page_says_does_the_work(tmp_path: Path) -> None:
    pytest.importorskip("distributed", reason="needs dask.distributed, of the extra dask")
    data, here = tmp_path / "data", tmp_path / "here"
    data.mkdir()
    here.mkdir()
    write_data(data)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    [page] = [block for block in blocks(PAGE) if "\ndask scheduler &\n" in block.text]
    install, *lines = page.text.splitlines()
    assert install == "pip install 'segeval-cv[dask]'"
    servers: list[subprocess.Popen[str]] = []
    try:
        for line in lines:
            own = line.replace("/data/", f"{data}/").replace(":8786", f":{port}")
            own = own.replace("dask scheduler", f"exec dask scheduler --port {port} --no-dashboard")
            own = own.replace("dask worker", "exec dask worker --no-dashboard")
            if line.endswith("&"):
                command = own.removesuffix("&")
                servers.append(
                    subprocess.Popen(
                        command, shell=True, cwd=here, env=environment(), text=True,
                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                    )
                )  # fmt: skip
                continue
            done = subprocess.run(
                own, shell=True, cwd=here, env=environment(), text=True, check=False,
                capture_output=True, timeout=120,
            )  # fmt: skip
            assert done.returncode == 0, f"{line}\n{done.stderr}"
    finally:
        for server in reversed(servers):
            server.terminate()
        for server in reversed(servers):
            server.wait(60)
    assert (here / "all.match").is_file()
