"""A cluster that cannot do the work is refused, and nobody waits for one that is gone."""

from __future__ import annotations

import socket
from collections.abc import Callable
from concurrent.futures import Executor, Future
from typing import Any

import pytest

from segeval.errors import InputError
from segeval.version import __version__
from segeval_cli import cluster
from segeval_cli.cluster import Cluster, knock

URL = "tcp://host:8786"


class Client:
    """A client of a cluster whose work never ends."""

    def __init__(self, workers: dict[str, Any], scheduler: Any = __version__) -> None:
        self.workers, self.scheduler = workers, scheduler
        self.answers = True

    def nthreads(self) -> dict[str, int]:
        if not self.answers:
            raise OSError("nobody is there")
        return dict.fromkeys(self.workers, 1)

    def run(self, function: Callable[[str], Any], name: str, *, on_error: str) -> dict[str, Any]:
        return self.workers

    def run_on_scheduler(self, function: Callable[[str], Any], name: str) -> Any:
        if isinstance(self.scheduler, Exception):
            raise self.scheduler
        return self.scheduler

    def get_executor(self) -> Executor:
        return Never()


class Never(Executor):
    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        return Future()


@pytest.fixture(autouse=True)
def quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ANSWERS_WITHIN", "WORKERS_WITHIN", "LONGEST_WITHOUT", "EVERY"):
        monkeypatch.setattr(cluster, name, 0.05)


@pytest.mark.parametrize("url", ["", "nonsense", "tcp://host", "http://host:80", "tcp://h:99999"])
def test_what_is_no_address_is_refused(url: str) -> None:
    with pytest.raises(InputError, match=r"expected an address such as tcp://host:8786\.$"):
        knock(url)


def test_an_address_where_nobody_is_is_refused() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(InputError, match=r"no scheduler of dask\.distributed answers there"):
        knock(f"tcp://127.0.0.1:{port}")


@pytest.mark.parametrize(
    ("client", "words"),
    [
        (Client({}), f"{URL}: the cluster has no worker, expected at least one: dask worker"),
        (Client({"tcp://a:1": "0.0.1"}), "worker tcp://a:1 has segeval 0.0.1; expected segeval"),
        (
            Client({"a": ImportError("No module"), "b": ImportError(), "c": __version__}),
            r"worker a has no segeval \(No module\), one of 2 such processes; expected segeval",
        ),
        (
            Client({"a": __version__}, ModuleNotFoundError("No module")),
            r"the scheduler has no segeval \(No module\); expected segeval",
        ),
    ],
)
def test_a_cluster_that_cannot_do_the_work_is_refused(client: Client, words: str) -> None:
    with pytest.raises(InputError, match=words):
        Cluster(client, URL)


def test_nobody_waits_for_a_cluster_without_workers() -> None:
    client = Client({"a": __version__})
    executor = Cluster(client, URL)
    future = executor.submit(str)
    client.workers = {}
    with pytest.raises(InputError, match="the cluster has had no worker for 0 seconds"):
        future.result(20)
    with pytest.raises(InputError, match="the cluster has had no worker"):
        executor.submit(str)


def test_nobody_waits_for_a_scheduler_that_is_gone() -> None:
    client = Client({"a": __version__})
    executor = Cluster(client, URL)
    future = executor.submit(str)
    client.answers = False
    with pytest.raises(InputError, match="the cluster does not answer any more"):
        future.result(20)
